// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/gate.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "revisions/statement.h"
#include "server/starrocks/apply/plan_check.h"
#include "server/starrocks/revisions/run/recover.h"

namespace stateserver::revisions {
namespace {

// Step is a statement with its place.
struct Step {
  const Revision* revision = nullptr;
  size_t seq = 0;  // counts from 1
  bool undoes = false;
};

bool IsInDoubt(const std::vector<JournalEntry>& entries, bool compensates) {
  return std::any_of(entries.begin(), entries.end(), [&](const JournalEntry& entry) {
    bool open = entry.status == EntryStatus::kIntended || entry.status == EntryStatus::kSent;
    return open && (entry.compensates || !compensates);
  });
}

bool IsDone(const std::vector<JournalEntry>& entries, size_t seq, bool compensates) {
  return std::any_of(entries.begin(), entries.end(), [&](const JournalEntry& entry) {
    return entry.compensates == compensates && entry.status == EntryStatus::kDone &&
           static_cast<size_t>(entry.seq) == seq;
  });
}

apply::Catalog CatalogOf(const Surroundings& around) {
  apply::Catalog catalog = apply::MakeCatalog(around.live, /*printed=*/true);
  catalog.whole = false;
  catalog.looked_up = around.looked_up;
  return catalog;
}

// Statements whose rows are not judged: INSERT of values, UPDATE, DELETE, and those of a session.
bool IsJudged(const SqlStep& step) {
  StatementFacts facts = Describe(step.statement);
  bool rows = facts.is_dml() || facts.kind == StatementFacts::Kind::kRepeatable;
  return !rows || apply::ParseStatement(step.statement).statement.has_value();
}

std::string Where(const Step& step) {
  return Cat("statement ", step.seq, step.undoes ? " of the downgrade" : "", " of revision '",
             step.revision->id, "'");
}

absl::Status Refused(const Step& step, const apply::Judged& judged, const std::string& statement) {
  return Error(Reason::STATEMENT_FAILED,
               Cat("StarRocks would refuse ", Where(step), ", `", statement, "`: ",
                   judged.verdict.words, " (", judged.verdict.evidence, "). Nothing was changed."),
               "Change the statement in the file of the revision.",
               {{"revision", step.revision->id},
                {"number", Cat(step.seq)},
                {"evidence", judged.verdict.evidence}});
}

// Statements collects those to be checked, with their places.
class Statements {
 public:
  void Add(const Revision& revision, size_t seq, bool undoes, const SqlStep& step) {
    if (!IsJudged(step)) return;
    statements_.push_back({step.statement, step.notes.destructive});
    places_.push_back({&revision, seq, undoes});
  }

  void AddUndo(const Revision& revision, const std::vector<NumberedStep>& steps,
               const std::vector<JournalEntry>& entries) {
    for (const NumberedStep& one : steps) {
      auto seq = static_cast<size_t>(one.seq);
      if (!IsDone(entries, seq, /*compensates=*/true)) Add(revision, seq, true, *one.step);
    }
  }

  absl::Status Check(const Surroundings& around, WorkMeter* meter,
                     std::vector<std::string>* warnings, std::string* unapproved) const {
    apply::PlanCheck check =
        apply::CheckStatements(statements_, CatalogOf(around), around.live.engine, meter);
    if (meter != nullptr) RETURN_IF_ERROR(meter->status());
    if (check.refused) {
      size_t at = check.refused->number - 1;
      return Refused(places_[at], *check.refused, statements_[at].text);
    }
    for (const apply::Judged& one : check.unknown) {
      warnings->push_back(Cat("it is not known whether StarRocks takes ",
                              Where(places_[one.number - 1]), ": ", one.verdict.words));
    }
    for (const auto& [name, entry] : check.after.objects) {
      const apply::MaterializedViewState* view = entry.materialized();
      if (view == nullptr || view->inactive_because.empty()) continue;
      warnings->push_back(Cat("the materialized view ", name, " becomes inactive (",
                              view->inactive_because, "): ALTER MATERIALIZED VIEW ", name,
                              " ACTIVE activates it again if its columns are the same"));
    }
    if (!check.destructive_before_unknown) return absl::OkStatus();
    auto [destructive, unknown] = *check.destructive_before_unknown;
    *unapproved = Cat(Where(places_[destructive - 1]),
                      " destroys data, and it is not known whether StarRocks takes ",
                      Where(places_[unknown - 1]), " after it");
    warnings->push_back(*unapproved);
    return absl::OkStatus();
  }

 private:
  std::vector<apply::PlannedStatement> statements_;
  std::vector<Step> places_;
};

// Adds what is still to be run. Returns false if the state before it is not known.
bool AddRun(const PlannedRun& run, Statements* out) {
  if (IsInDoubt(run.entries, /*compensates=*/false)) return false;
  if (!run.compensate) {
    const std::vector<SqlStep>& steps = run.steps();
    for (size_t i = 0; i < steps.size(); ++i) {
      if (!IsDone(run.entries, i + 1, /*compensates=*/false)) {
        out->Add(*run.revision, i + 1, /*undoes=*/false, steps[i]);
      }
    }
    return true;
  }
  std::set<int> done;
  for (const JournalEntry& entry : run.entries) {
    if (!entry.compensates && entry.status == EntryStatus::kDone) done.insert(entry.seq);
  }
  auto steps = CompensatingSteps(*run.revision, done);
  if (!steps.ok() || run.direction == Direction::kDowngrade) return false;  // the run says why
  out->AddUndo(*run.revision, *steps, run.entries);
  return true;
}

}  // namespace

absl::Status CheckRun(const Surroundings& around, RevisionRunPlan* plan, WorkMeter* meter) {
  Statements statements;
  for (const PlannedRun& run : plan->runs) {
    if (!AddRun(run, &statements)) break;
  }
  if (around.left_out > 0) {
    plan->warnings.push_back(Cat(around.left_out,
                                 " views and relations around the changed objects were not read: "
                                 "what the plan does to them is not known"));
  }
  return statements.Check(around, meter, &plan->warnings, &plan->unapproved);
}

absl::Status CheckUndo(const Surroundings& around, const Revision& revision,
                       const std::vector<NumberedStep>& steps,
                       const std::vector<JournalEntry>& entries, std::string* unapproved) {
  if (IsInDoubt(entries, /*compensates=*/true)) return absl::OkStatus();
  Statements statements;
  statements.AddUndo(revision, steps, entries);
  std::vector<std::string> warnings;
  return statements.Check(around, nullptr, &warnings, unapproved);
}

}  // namespace stateserver::revisions
