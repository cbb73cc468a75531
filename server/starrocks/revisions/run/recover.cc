// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/recover.h"

#include "common/error.h"
#include "server/starrocks/revisions/journal/read.h"
#include "server/starrocks/revisions/journal/tables.h"
#include "server/starrocks/revisions/journal/writer.h"

namespace stateserver::revisions {
namespace {

bool IsOpen(const Entry& entry) {
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
  for (const Entry& entry : state.entries) {
    if (!IsOpen(entry)) continue;
    RETURN_IF_ERROR(call.Check());
    ASSIGN_OR_RETURN(Judgement judgement, AskAbout(warehouse, entry));
    Count(judgement.verdict, &out);
    if (judgement.verdict == Verdict::kDone) RETURN_IF_ERROR(journal.Done(*state.open, entry));
  }
  return out;
}

}  // namespace stateserver::revisions
