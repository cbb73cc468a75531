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

bool IsInDoubt(const PlannedRun& run) {
  return std::any_of(run.entries.begin(), run.entries.end(), [](const JournalEntry& entry) {
    return entry.status == EntryStatus::kIntended || entry.status == EntryStatus::kSent;
  });
}

bool IsDone(const PlannedRun& run, size_t seq) {
  return std::any_of(run.entries.begin(), run.entries.end(), [&](const JournalEntry& entry) {
    return !entry.compensates && entry.status == EntryStatus::kDone &&
           static_cast<size_t>(entry.seq) == seq;
  });
}

// Statements whose rows are not judged: INSERT of values, UPDATE, DELETE, and those of a session.
bool IsJudged(const SqlStep& step) {
  StatementFacts facts = Describe(step.statement);
  bool rows =
      facts.kind == StatementFacts::Kind::kDml || facts.kind == StatementFacts::Kind::kRepeatable;
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
    if (run.compensate || IsInDoubt(run)) return absl::OkStatus();
    const std::vector<SqlStep>& steps = run.steps();
    for (size_t i = 0; i < steps.size(); ++i) {
      if (IsDone(run, i + 1) || !IsJudged(steps[i])) continue;
      bool destructive = steps[i].notes.destructive;
      statements.push_back({steps[i].statement, destructive});
      places.push_back({run.revision, i + 1});
    }
  }
  apply::Catalog catalog = apply::MakeCatalog(live, /*printed=*/true);
  catalog.whole = false;
  apply::PlanCheck check = apply::CheckStatements(statements, std::move(catalog), plan->engine);
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

}  // namespace stateserver::revisions
