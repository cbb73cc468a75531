// SPDX-License-Identifier: Apache-2.0
//
// Plans between random schemas: the engine takes them as far as Apply knows, and they lead there
// and back. In the environment, RANDOM_PAIRS=20000 tests more pairs, RANDOM_PAIRS_FIRST=14 begins
// with another seed, and RANDOM_PAIRS_SHOW=1 prints the schemas of a fault.
#include <algorithm>
#include <cstdlib>
#include <regex>

#include "server/starrocks/apply/plan_check.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/script.h"
#include "tests/support/sanitized.h"
#include "tests/unit/server/starrocks/apply/random_schema.h"
#include "tests/unit/server/starrocks/apply/recorded.h"

namespace stateserver::apply {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder
using schema::LiveSchema;
using schema::Object;

// Database is what a run of statements leaves. Apply keeps no definitions of synchronous
// materialized views.
struct Database {
  Catalog catalog;
  std::map<std::string, Object> synchronous;

  LiveSchema Live() const {
    LiveSchema live;
    live.database = "db";
    live.engine = kEngine;
    for (const auto& [name, entry] : catalog.objects) {
      Object object{{"db", name}, schema::View(), {}};
      std::optional<schema::Activity> activity;
      if (const TableState* table = entry.table()) {
        object.definition = table->table;
        for (const SynchronousView& view : table->views) {
          live.objects.push_back({synchronous.at(view.name), {}, ""});
        }
      } else if (entry.view() != nullptr) {
        object.definition = *entry.view();
      } else {
        object.definition = entry.materialized()->view;
        activity = schema::Activity{entry.materialized()->active, "a test"};
      }
      live.objects.push_back({std::move(object), std::move(activity), ""});
    }
    return live;
  }
};

// Reads the objects as they are declared in a file.
Objects Declared(const Objects& objects) {
  schema::ParsedScript script = schema::ParseScript(SyntaxOf(objects), "random.sql", "db");
  EXPECT_TRUE(script.errors.empty()) << script.errors.at(0).Text() << "\n" << SyntaxOf(objects);
  return std::move(script.objects);
}

struct Counts {
  int steps = 0, undone = 0, refused = 0, impossible = 0, inactive = 0, faults = 0;
  std::map<std::string, int> unknown, refusals;
};

// Random names and numbers of a reason are left out.
std::string Kind(const std::string& reason) {
  static const std::regex kNumber("[0-9]+");
  return std::regex_replace(reason, kNumber, "0");
}

// Reasons for which Apply does not know a statement of a plan.
constexpr std::string_view kUnknown[] = {
    // SELECT assert_true(…) compares the rows of a rebuild; REFRESH changes no schema.
    "what the statement means: found `SELECT`",
    // A view that nobody declares gets its old query back without what it read.
    "the columns of v",
};

class PairTest {
 public:
  PairTest(unsigned seed, Counts* counts) : dice_(seed), seed_(seed), counts_(*counts) {}

  void Run() {
    Objects from = RandomSchema(&dice_);
    Edit edit;
    if (dice_.Chance(10)) {
      edit = {RandomSchema(&dice_), {}, "unrelated"};
    } else {
      edit = RandomEdit(from, 1 + dice_.Below(6), &dice_);
    }
    from_ = Declared(from);
    to_ = Declared(edit.to);
    what_ = edit.what;
    rebuilds_ = dice_.Chance(50);
    options_.drop_undeclared = dice_.Chance(50);
    options_.partitions = dice_.Chance(70);
    Database start = Filled(from_);
    std::vector<schema::Rename> back;
    for (const schema::Rename& one : edit.renames) {
      back.push_back({one.table, one.new_name, one.old_name});
    }
    There(start, to_, edit.renames);
    There(Filled(to_), from_, back);
  }

 private:
  Database Filled(const Objects& objects) {
    phase_ = "the generator";
    Database out;
    out.catalog.database = "db";
    for (const Object& object : objects) {
      Send(schema::Print(object), &out);
    }
    return out;
  }

  bool Send(const std::string& statement, Database* database) {
    ParsedStatement parsed = ParseStatement(statement);
    Applied applied = Apply(parsed, std::move(database->catalog), kEngine);
    database->catalog = std::move(applied.after);
    if (applied.verdict.refused()) {
      Fault(Cat(phase_, " is refused"), Cat(statement, "\n  ", applied.verdict.words));
      return false;
    }
    if (applied.verdict.unknown()) {
      ++counts_.unknown[Kind(applied.verdict.words)];
      bool expected =
          std::any_of(std::begin(kUnknown), std::end(kUnknown),
                      [&](std::string_view one) { return applied.verdict.words.starts_with(one); });
      if (!expected)
        Fault(Cat(phase_, " is not known"), Cat(statement, "\n  ", applied.verdict.words));
    }
    if (!parsed.statement) return true;
    if (const auto* create = std::get_if<CreateObject>(&parsed.statement->action)) {
      if (schema::IsRollup(create->object)) {
        Object object = create->object;
        object.name.database = "db";
        database->synchronous.insert_or_assign(object.name.name, object);
      }
    }
    return true;
  }

  schema::Plan PlanOf(const LiveSchema& live, const Objects& to,
                      const schema::PlanOptions& options) {
    auto plan = MakePlan(live, /*printed=*/false, to, options);
    if (!plan.ok()) Fault("no plan", std::string(plan.status().message()));
    return plan.ok() ? *plan : schema::Plan();
  }

  void There(const Database& start, const Objects& to, std::vector<schema::Rename> renames) {
    schema::PlanOptions options = options_;
    options.renames = std::move(renames);
    options.rebuild_dependents = rebuilds_;
    LiveSchema live = start.Live();
    schema::Plan plan = PlanOf(live, to, options);
    if (rebuilds_) {
      for (const schema::Refusal& refusal : plan.refusals) {
        if (refusal.rebuild) options.rebuild.insert(refusal.object.name);
      }
      if (!options.rebuild.empty()) plan = PlanOf(live, to, options);
    }
    if (!plan.refusals.empty()) return CheckRefusals(plan);
    Database there = start;
    phase_ = "a step";
    for (const schema::Step& step : plan.steps) {
      ++counts_.steps;
      if (!Send(step.statement, &there)) return;
    }
    CheckSame("there", there, to, plan);
    Back(there, live, plan);
  }

  void Back(Database database, const LiveSchema& start, const schema::Plan& plan) {
    phase_ = "an undo";
    for (size_t i : plan.undo_order) {
      if (plan.steps[i].undo.reversibility != schema::Reversibility::kImpossible) continue;
      ++counts_.impossible;
      return;
    }
    for (size_t i : plan.undo_order) {
      for (const std::string& statement : plan.steps[i].undo.statements) {
        ++counts_.undone;
        if (!Send(statement, &database)) return;
      }
    }
    Objects wanted;
    for (const schema::LiveObject& one : start.objects) wanted.push_back(one.object);
    CheckSame("back", database, wanted, plan);
  }

  void CheckRefusals(const schema::Plan& plan) {
    ++counts_.refused;
    for (const schema::Refusal& refusal : plan.refusals) {
      ++counts_.refusals[Cat(Kind(refusal.reason), refusal.rebuild ? " [rebuild]" : "")];
      bool said = !refusal.reason.empty() && !refusal.hint.empty();
      if (!said) Fault("refusal without a reason or a hint", refusal.attribute);
      if (refusal.rebuild && rebuilds_) Fault("the rebuild is refused", refusal.reason);
    }
  }

  // The comparison of a check of the schema, and every materialized view is active. After an undo
  // some are not, of which the plan of the downgrade warns.
  void CheckSame(const std::string& where, const Database& database, const Objects& to,
                 const schema::Plan& plan) {
    schema::PlanOptions options = options_;
    // Nothing that was created is left behind.
    options.drop_undeclared = options_.drop_undeclared || where == "back";
    schema::Plan rest = PlanOf(database.Live(), to, options);
    std::string text;
    for (const schema::Step& step : rest.steps) {
      // A rebuild keeps the table as it was for its undo.
      if (where == "there" && step.object.name.ends_with("__undo")) continue;
      AppendTo(&text, "  ", step.statement, "\n");
    }
    for (const schema::Refusal& refusal : rest.refusals) {
      AppendTo(&text, "  ", refusal.object.name, " ", refusal.attribute, ": ", refusal.from, " -> ",
               refusal.to, ": ", refusal.reason, "\n");
    }
    for (const Object& object : to) {
      const Entry* entry = database.catalog.Find(object.name.name);
      if (entry == nullptr || entry->materialized() == nullptr) continue;
      if (entry->materialized()->active) continue;
      if (where == "back") {
        ++counts_.inactive;
      } else {
        AppendTo(&text, "  inactive: ", object.name.name, "\n");
      }
    }
    if (text.empty()) return;
    for (const schema::Step& step : plan.steps) {
      AppendTo(&text, "  plan: ", step.statement, "\n");
      for (const std::string& undo : step.undo.statements)
        AppendTo(&text, "    undo: ", undo, "\n");
    }
    Fault(Cat("differs ", where), text);
  }

  void Fault(const std::string& what, const std::string& detail) {
    ++counts_.faults;
    ADD_FAILURE() << "seed " << seed_ << " (" << what_ << "): " << what << "\n" << detail;
    if (std::getenv("RANDOM_PAIRS_SHOW") != nullptr) {
      std::cout << "from:\n" << SyntaxOf(from_) << "to:\n" << SyntaxOf(to_);
    }
  }

  Dice dice_;
  const unsigned seed_;
  Counts& counts_;
  Objects from_, to_;
  std::string what_, phase_;
  bool rebuilds_ = false;
  schema::PlanOptions options_;
};

TEST(RandomPairsTest, PlansLeadThereAndBack) {
  const char* wanted = std::getenv("RANDOM_PAIRS");
  const char* first = std::getenv("RANDOM_PAIRS_FIRST");
  constexpr unsigned kPairs = ::stateserver::testing::kSanitized ? 100 : 1000;
  unsigned pairs = wanted == nullptr ? kPairs : static_cast<unsigned>(std::atoi(wanted));
  unsigned begin = first == nullptr ? 0 : static_cast<unsigned>(std::atoi(first));
  Counts counts;
  for (unsigned seed = begin; seed < begin + pairs; ++seed) {
    PairTest(seed, &counts).Run();
  }
  std::cout << pairs << " pairs, " << counts.steps << " steps, " << counts.undone << " undone, "
            << counts.refused << " plans refused, " << counts.impossible << " without a way back, "
            << counts.inactive << " views inactive after the undo, " << counts.faults
            << " faults\n";
  // Refused plans are not tested further. There are two plans for a pair.
  EXPECT_LT(counts.refused, static_cast<int>(pairs));
  EXPECT_LT(counts.impossible, static_cast<int>(pairs) / 4);
  EXPECT_LT(counts.inactive, static_cast<int>(pairs) / 20 + 5);
  for (const auto& [reason, count] : counts.unknown) {
    std::cout << "  unknown: " << reason << ": " << count << "\n";
  }
  if (std::getenv("RANDOM_PAIRS_SHOW") == nullptr) return;
  for (const auto& [reason, count] : counts.refusals) {
    std::cout << "  refusal: " << reason << ": " << count << "\n";
  }
}

}  // namespace
}  // namespace stateserver::apply
