// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/gate.h"

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "revisions/statement.h"
#include "server/starrocks/apply/plan_check.h"
#include "server/starrocks/ddl/references.h"

namespace stateserver::revisions {
namespace {

// Step is a statement with its place.
struct Step {
  const Revision* revision = nullptr;
  size_t seq = 0;  // counts from 1
};

bool IsInDoubt(const std::vector<JournalEntry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const JournalEntry& entry) {
    return entry.status == EntryStatus::kIntended || entry.status == EntryStatus::kSent;
  });
}

bool IsDone(const std::vector<JournalEntry>& entries, size_t seq, bool compensates) {
  return std::any_of(entries.begin(), entries.end(), [&](const JournalEntry& entry) {
    return entry.compensates == compensates && entry.status == EntryStatus::kDone &&
           static_cast<size_t>(entry.seq) == seq;
  });
}

apply::Catalog CatalogOf(const schema::LiveSchema& live) {
  apply::Catalog catalog = apply::MakeCatalog(live, /*printed=*/true);
  catalog.whole = false;
  return catalog;
}

// Statements whose rows are not judged: INSERT of values, UPDATE, DELETE, and those of a session.
bool IsJudged(const SqlStep& step) {
  StatementFacts facts = Describe(step.statement);
  bool rows = facts.is_dml() || facts.kind == StatementFacts::Kind::kRepeatable;
  return !rows || apply::ParseStatement(step.statement).statement.has_value();
}

std::string Where(const Step& step) {
  return Cat("statement ", step.seq, " of revision '", step.revision->id, "'");
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

}  // namespace

std::set<std::string> ReadByQueries(const std::vector<SqlStep>& steps) {
  std::set<std::string> names;
  for (const SqlStep& step : steps) {
    for (std::string& name : apply::NamesIn(apply::ParseStatement(step.statement))) {
      names.insert(std::move(name));
    }
  }
  return names;
}

std::set<std::string> ReadByViews(const schema::LiveSchema& live) {
  std::set<std::string> names, there;
  for (const schema::LiveObject& one : live.objects) {
    there.insert(one.object.name.name);
    const std::string& query = schema::QueryOf(one.object);
    for (const schema::ObjectName& name : schema::ReferencesOf(query, live.database).relations) {
      if (name.database == live.database) names.insert(name.name);
    }
  }
  std::erase_if(names, [&](const std::string& name) { return there.contains(name); });
  return names;
}

absl::Status CheckRun(const schema::LiveSchema& live, RevisionRunPlan* plan) {
  std::vector<apply::PlannedStatement> statements;
  std::vector<Step> places;
  for (const PlannedRun& run : plan->runs) {
    if (run.compensate || IsInDoubt(run.entries)) return absl::OkStatus();
    const std::vector<SqlStep>& steps = run.steps();
    for (size_t i = 0; i < steps.size(); ++i) {
      if (IsDone(run.entries, i + 1, /*compensates=*/false) || !IsJudged(steps[i])) continue;
      bool destructive = steps[i].notes.destructive;
      statements.push_back({steps[i].statement, destructive});
      places.push_back({run.revision, i + 1});
    }
  }
  apply::PlanCheck check = apply::CheckStatements(statements, CatalogOf(live), plan->engine);
  if (check.refused) {
    size_t at = check.refused->number - 1;
    return Refused(places[at], *check.refused, statements[at].text);
  }
  for (const apply::Judged& one : check.unknown) {
    plan->warnings.push_back(Cat("it is not known whether StarRocks takes ",
                                 Where(places[one.number - 1]), ": ", one.verdict.words));
  }
  if (check.destructive_before_unknown) {
    auto [destructive, unknown] = *check.destructive_before_unknown;
    plan->unapproved = Cat(Where(places[destructive - 1]),
                           " destroys data, and it is not known whether StarRocks takes ",
                           Where(places[unknown - 1]), " after it");
    plan->warnings.push_back(plan->unapproved);
  }
  return absl::OkStatus();
}

absl::Status CheckUndo(const schema::LiveSchema& live, const Revision& revision,
                       const std::vector<NumberedStep>& steps,
                       const std::vector<JournalEntry>& entries) {
  if (IsInDoubt(entries)) return absl::OkStatus();
  std::vector<apply::PlannedStatement> statements;
  std::vector<Step> places;
  for (const NumberedStep& one : steps) {
    auto seq = static_cast<size_t>(one.seq);
    if (IsDone(entries, seq, /*compensates=*/true) || !IsJudged(*one.step)) continue;
    statements.push_back({one.step->statement, one.step->notes.destructive});
    places.push_back({&revision, seq});
  }
  apply::PlanCheck check = apply::CheckStatements(statements, CatalogOf(live), live.engine);
  if (!check.refused) return absl::OkStatus();
  size_t at = check.refused->number - 1;
  return Refused(places[at], *check.refused, statements[at].text);
}

}  // namespace stateserver::revisions
