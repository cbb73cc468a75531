// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/abandon_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/error.h"
#include "common/sha256.h"
#include "common/text.h"
#include "revisions/statement.h"

namespace stateserver::revisions {

namespace {

bool MayHaveRun(const EndedEntry& one) {
  return one.ending == Ending::kDone || one.ending == Ending::kUnknown;
}

std::set<std::string> ObjectsOf(const JournalEntry& entry) {
  StatementFacts facts = Describe(entry.statement);
  std::set<std::string> names = {entry.object, facts.object, facts.renamed, facts.swapped};
  names.erase("");
  return names;
}

std::string PlaceOf(const Run& run, const JournalEntry& entry) {
  return Cat("statement ", entry.seq, " of ", entry.compensates ? "undoing " : "", "revision '",
             run.revision, "'", entry.object.empty() ? "" : Cat(" (", entry.object, ")"));
}

absl::Status StillRuns(const Run& run, const JournalEntry& entry, const StatementOutcome& outcome,
                       const std::vector<starrocks::Job>& jobs) {
  auto job = std::find_if(jobs.begin(), jobs.end(), [](const auto& one) { return !one.ended(); });
  bool alters = Describe(entry.statement).kind == StatementFacts::Kind::kAlterTable;
  std::string cancel =
      job == jobs.end()
          ? std::string(
                "`KILL`, which takes the id of its connection in SHOW "
                "PROCESSLIST")
          : Cat("`CANCEL ALTER TABLE ", job->kind, " FROM ", alters ? entry.object : "TABLE", "`");
  return Error(
      Reason::STATEMENT_UNFINISHED,
      Cat("StarRocks is still executing ", PlaceOf(run, entry), ": ", outcome.why,
          ". Nothing was changed."),
      Cat("Wait for its end, or end it in StarRocks with ", cancel, "; then call Repair again."),
      {{"revision", run.revision},
       {"statement", Cat(entry.seq)},
       {"object", entry.object},
       {"running", job == jobs.end() ? "statement" : Cat(job->id)}});
}

absl::StatusOr<EndedEntry> QueryEnd(const Run& run, const JournalEntry& entry,
                                    Warehouse& warehouse) {
  if (entry.status == EntryStatus::kDone) return EndedEntry{entry, Ending::kDone, "", false};
  if (entry.status == EntryStatus::kFailed) {
    return EndedEntry{entry, Ending::kFailed, entry.error, false};
  }
  ASSIGN_OR_RETURN(StatementOutcome outcome, QueryOutcome(warehouse, entry));
  if (outcome.verdict != Verdict::kRunning) return EndOf(entry, outcome);
  std::vector<starrocks::Job> jobs;
  if (!entry.object.empty() && MayStartJob({{}, entry.statement, 0})) {
    ASSIGN_OR_RETURN(jobs, warehouse.JobsAfter(entry.object, entry.newest_job));
  }
  return StillRuns(run, entry, outcome, jobs);
}

// Returns true if the statements that were run are those of the file.
bool IsAsBegun(const std::vector<SqlStep>& steps, const std::vector<JournalEntry>& entries) {
  return std::all_of(entries.begin(), entries.end(), [&](const JournalEntry& entry) {
    if (entry.compensates || entry.status == EntryStatus::kFailed) return true;
    size_t at = static_cast<size_t>(entry.seq) - 1;
    return at < steps.size() && Sha256::Hex(steps[at].statement) == entry.statement_digest;
  });
}

void ListNotBegun(const Graph* graph, const JournalState& state, AbandonPlan* plan) {
  const Run& run = *state.open;
  const Revision* revision = graph == nullptr ? nullptr : graph->Get(run.revision);
  if (revision == nullptr) {
    plan->warnings.push_back(Cat("no file contains revision '", run.revision,
                                 "', so the statements that were not begun are not listed"));
    return;
  }
  const std::vector<SqlStep>& steps =
      run.direction == Direction::kDowngrade ? revision->downgrade : revision->upgrade;
  if (!IsAsBegun(steps, state.entries)) {
    plan->warnings.push_back(
        Cat(revision->file,
            " has been edited since its statements were run, so those that were not begun are not "
            "listed"));
    return;
  }
  plan->revision = revision;
  for (size_t i = 0; i < steps.size(); ++i) {
    int seq = static_cast<int>(i) + 1;
    bool begun = std::any_of(state.entries.begin(), state.entries.end(), [&](const auto& entry) {
      return !entry.compensates && entry.seq == seq;
    });
    if (!begun) plan->not_begun.push_back({seq, &steps[i]});
  }
}

RemainingState StateOf(const KnownObject* known, const LiveObjectState* live) {
  if (live == nullptr) return RemainingState::kMissing;
  if (live->statement.empty()) return RemainingState::kUnreadable;
  if (known == nullptr) return RemainingState::kNotRecorded;
  return known->digest == live->digest ? RemainingState::kAsRecorded : RemainingState::kDiffers;
}

template <typename Map>
auto Find(const Map& map, const std::string& name) -> const typename Map::mapped_type* {
  auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

std::string Digest(const AbandonPlan& plan, const std::map<std::string, LiveObjectState>& live) {
  Sha256 sum;
  sum.UpdateText(Cat("abandon ", plan.run.id));
  for (const std::string& head : plan.heads) sum.UpdateText(head);
  for (const EndedEntry& one : plan.entries) {
    sum.UpdateText(Cat(one.entry.compensates ? "undo " : "", one.entry.seq, " ",
                       static_cast<int>(one.ending)));
  }
  for (const RemainingObject& one : plan.remaining) {
    const LiveObjectState* state = Find(live, one.name);
    sum.UpdateText(Cat(one.name, " ", state == nullptr ? "-" : state->digest));
  }
  return sum.FinishHex().substr(0, 32);
}

void AppendCount(size_t count, std::string_view what, std::string* out) {
  if (count > 0) AppendTo(out, out->empty() ? "" : ", ", count, " ", what);
}

}  // namespace

EndedEntry EndOf(const JournalEntry& entry, const StatementOutcome& outcome) {
  EndedEntry out{entry, Ending::kUnknown, outcome.why, true};
  // These may be repeated, so their verdict does not say that they were not run.
  bool repeatable = Describe(entry.statement).kind == StatementFacts::Kind::kRepeatable;
  if (outcome.verdict == Verdict::kDone) {
    out.ending = Ending::kDone;
    out.entry.status = EntryStatus::kDone;
  } else if (outcome.verdict == Verdict::kNotDone && !repeatable) {
    out.ending = Ending::kNotRun;
    out.entry.status = EntryStatus::kFailed;
    out.entry.error = Cat("not run: ", outcome.why);
  } else {
    if (repeatable) out.why = "the engine does not report whether it was run";
    out.entry.status = EntryStatus::kIntended;
    out.entry.error = Cat("outcome not known: ", out.why);
  }
  return out;
}

std::vector<RemainingObject> RemainingObjects(const std::vector<EndedEntry>& entries,
                                              const std::map<std::string, KnownObject>& known,
                                              const std::map<std::string, LiveObjectState>& live) {
  std::map<std::string, RemainingObject> out;
  for (const EndedEntry& one : entries) {
    if (!MayHaveRun(one)) continue;
    for (const std::string& name : ObjectsOf(one.entry)) {
      if (!one.entry.compensates) out[name].statements.push_back(one.entry.seq);
      out[name].name = name;
    }
  }
  for (const auto& [name, object] : known) {
    if (StateOf(&object, Find(live, name)) != RemainingState::kAsRecorded) out[name].name = name;
  }
  std::vector<RemainingObject> list;
  for (auto& [name, object] : out) {
    const KnownObject* recorded = Find(known, name);
    object.state = StateOf(recorded, Find(live, name));
    if (recorded != nullptr) object.revision = recorded->revision;
    list.push_back(std::move(object));
  }
  return list;
}

std::string AbandonText(const AbandonPlan& plan) {
  size_t ends[4] = {};
  for (const EndedEntry& one : plan.entries) {
    if (!one.entry.compensates) ++ends[static_cast<size_t>(one.ending)];
  }
  std::string counts;
  AppendCount(ends[static_cast<size_t>(Ending::kDone)], "done", &counts);
  AppendCount(ends[static_cast<size_t>(Ending::kFailed)], "failed", &counts);
  AppendCount(ends[static_cast<size_t>(Ending::kUnknown)], "unknown", &counts);
  AppendCount(ends[static_cast<size_t>(Ending::kNotRun)] + plan.not_begun.size(), "not run",
              &counts);
  std::string out = "abandoned before its first statement";
  if (!plan.entries.empty()) {
    // Entries that undo others come last.
    const JournalEntry& last = plan.entries.back().entry;
    out = Cat("abandoned at ", PlaceOf(plan.run, last));
  }
  if (!counts.empty()) AppendTo(&out, "; statements: ", counts);
  size_t undone = std::count_if(plan.entries.begin(), plan.entries.end(), [](const auto& one) {
    return one.entry.compensates && one.ending == Ending::kDone;
  });
  if (undone > 0) AppendTo(&out, "; statements that undo others: ", undone, " done");
  AppendTo(&out, "; started or continued last by ", plan.run.principal, " (operation ",
           plan.run.operation_id, ")");
  if (!plan.run.error.empty()) AppendTo(&out, "; its last error: ", plan.run.error);
  return out;
}

absl::StatusOr<AbandonPlan> PlanAbandon(const Graph* graph, const JournalState& state,
                                        const std::map<std::string, KnownObject>& known,
                                        Warehouse& warehouse) {
  if (!state.open) {
    return Error(Reason::REVISION_NOT_FOUND,
                 Cat("No run is started and not finished in database '", warehouse.database(),
                     "', so none can be abandoned."),
                 "", {{"unfinished", "none"}});
  }
  AbandonPlan plan;
  plan.run = *state.open;
  plan.heads = state.heads;
  for (const JournalEntry& entry : state.entries) {
    ASSIGN_OR_RETURN(EndedEntry ended, QueryEnd(plan.run, entry, warehouse));
    plan.entries.push_back(std::move(ended));
  }
  ListNotBegun(graph, state, &plan);
  std::set<std::string> names;
  for (const auto& [name, object] : known) names.insert(name);
  for (const JournalEntry& entry : state.entries) names.merge(ObjectsOf(entry));
  ASSIGN_OR_RETURN(auto live, warehouse.Read(names));
  ASSIGN_OR_RETURN(plan.engine, warehouse.QueryEngine());
  plan.remaining = RemainingObjects(plan.entries, known, live);
  plan.digest = Digest(plan, live);
  return plan;
}

}  // namespace stateserver::revisions
