// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/recover.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "revisions/statement.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/step_runner.h"

namespace stateserver::revisions {

namespace {

bool IsOpen(const JournalEntry& entry) {
  return entry.status == EntryStatus::kIntended || entry.status == EntryStatus::kSent;
}

void Count(Verdict verdict, Recovery* out) {
  switch (verdict) {
    case Verdict::kDone:
      ++out->done;
      break;
    case Verdict::kNotDone:
      ++out->not_done;
      break;
    case Verdict::kRunning:
      ++out->running;
      break;
    case Verdict::kUnknown:
    case Verdict::kForeign:
      ++out->unknown;
      break;
  }
}

bool SaysWhat(const Revision& revision) {
  return std::any_of(revision.downgrade.begin(), revision.downgrade.end(),
                     [](const SqlStep& step) { return step.notes.undoes != 0; });
}

absl::Status Unknown(const Revision& revision, const JournalEntry& entry,
                     const StatementOutcome& outcome) {
  return Error(
      Reason::REPAIR_NEEDED,
      Cat("Cannot determine the outcome of statement ", entry.seq, " of revision '", revision.id,
          "': ", outcome.why, "."),
      "Find out, then call Repair with `on_failure` COMPENSATE and `assume` DONE or NOT_DONE.",
      {{"revision", revision.id}, {"statement", Cat(entry.seq)}});
}

// Returns true if the engine has run the statement.
absl::StatusOr<bool> WasRun(const Revision& revision, const JournalEntry& entry,
                            Warehouse& warehouse, const TakeBackOptions& options) {
  Pause pause;
  while (true) {
    ASSIGN_OR_RETURN(StatementOutcome outcome, QueryOutcome(warehouse, entry));
    switch (outcome.verdict) {
      case Verdict::kDone:
        return true;
      case Verdict::kNotDone:
        return false;
      case Verdict::kUnknown:
      case Verdict::kForeign:
        if (options.assume == Assume::kNothing) return Unknown(revision, entry, outcome);
        return options.assume == Assume::kDone;
      case Verdict::kRunning:
        RETURN_IF_ERROR(options.call.Check());
        RETURN_IF_ERROR(options.lock.Check());
        pause.Sleep();
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<OpenJournal>> FindOpen(postgres::Session& session,
                                                  const std::string& gateway) {
  std::vector<OpenJournal> out;
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return out;
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared("SELECT r.database, r.revision, (SELECT count(*) FROM"
                            " stateserver.revision_statements s WHERE s.run_id = r.id AND s.status"
                            " IN ('intended', 'sent')) FROM stateserver.revision_runs r WHERE"
                            " r.gateway = $1 AND r.finished_ts IS NULL ORDER BY r.database",
                            {gateway}));
  for (size_t i = 0; i < rows.rows(); ++i) {
    out.push_back({std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1)),
                   static_cast<int>(rows.Int(i, 2))});
  }
  return out;
}

absl::StatusOr<Recovery> Recover(const WarehouseTarget& target, absl::Duration lease,
                                 const CallContext& call) {
  LockOptions options{target.key, "", call.principal, absl::ZeroDuration(), lease};
  ASSIGN_OR_RETURN(auto lock, WarehouseLock::Acquire(*target.pool, call, options));
  JournalState state;
  {
    ASSIGN_OR_RETURN(auto session, target.pool->Acquire(call));
    ASSIGN_OR_RETURN(state, ReadState(*session, target.key));
  }
  Recovery out;
  if (!state.open) return out;
  out.revision = state.open->revision;
  Warehouse warehouse(target.warehouse, target.key.database,
                      {absl::ZeroDuration(), call.cancelled});
  JournalWriter journal(*target.pool, target.key, lock->fencing());
  for (const JournalEntry& entry : state.entries) {
    if (!IsOpen(entry)) continue;
    RETURN_IF_ERROR(call.Check());
    ASSIGN_OR_RETURN(StatementOutcome outcome, QueryOutcome(warehouse, entry));
    Count(outcome.verdict, &out);
    if (outcome.verdict == Verdict::kDone) RETURN_IF_ERROR(journal.Done(*state.open, entry));
  }
  return out;
}

absl::StatusOr<std::vector<NumberedStep>> CompensatingSteps(const Revision& revision,
                                                            const std::set<int>& done) {
  bool says = SaysWhat(revision);
  bool mirrored = revision.downgrade.size() == revision.upgrade.size();
  int count = static_cast<int>(revision.upgrade.size());
  std::vector<NumberedStep> out;
  std::set<int> undone;
  for (size_t i = 0; i < revision.downgrade.size(); ++i) {
    const SqlStep& step = revision.downgrade[i];
    int undoes = step.notes.undoes;
    if (!says && mirrored) undoes = count - static_cast<int>(i);
    if (!done.contains(undoes)) continue;
    undone.insert(undoes);
    out.push_back({static_cast<int>(i) + 1, &step});
  }
  for (int seq : done) {
    const SqlStep& step = revision.upgrade[static_cast<size_t>(seq) - 1];
    bool harmless = Describe(step.statement).kind == StatementFacts::Kind::kRepeatable;
    if (undone.contains(seq) || harmless) continue;
    return Error(Reason::REVISION_IRREVERSIBLE,
                 Cat("Statement ", seq, " of revision '", revision.id,
                     "' is done, and no statement of the downgrade undoes it."),
                 Cat("Write one in ", revision.file, " below `-- step: undoes=", seq,
                     "`, or finish the revision with Repair."),
                 {{"revision", revision.id}, {"statement", Cat(seq)}});
  }
  return out;
}

absl::StatusOr<std::vector<NumberedStep>> StepsBack(const Revision& revision, Direction direction,
                                                    const std::vector<JournalEntry>& entries,
                                                    Warehouse& warehouse,
                                                    const TakeBackOptions& options) {
  if (direction == Direction::kDowngrade) {
    return Error(
        Reason::REVISION_IRREVERSIBLE,
        Cat("The downgrade of revision '", revision.id, "' was started and cannot be undone."),
        "Finish it with Repair, then upgrade again.",
        {{"revision", revision.id}, {"direction", "downgrade"}});
  }
  std::set<int> done;
  for (const JournalEntry& entry : entries) {
    if (entry.compensates || entry.status == EntryStatus::kFailed) continue;
    bool was_run = entry.status == EntryStatus::kDone;
    if (!was_run) {
      ASSIGN_OR_RETURN(was_run, WasRun(revision, entry, warehouse, options));
    }
    if (was_run) done.insert(entry.seq);
  }
  return CompensatingSteps(revision, done);
}

}  // namespace stateserver::revisions
