// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/compact.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::maintenance {
namespace {

absl::StatusOr<CompactOutcome> DryRun(postgres::Pool& pool, const CallContext& context,
                                      const ChangeOptions& options,
                                      const CompactionProgress& progress) {
  ASSIGN_OR_RETURN(auto session, pool.Acquire(context));
  RETURN_IF_ERROR(session->Begin(postgres::Isolation::kReadCommitted));
  RETURN_IF_ERROR(CurrentVersions(*session, options.database, options.schema).status());
  CompactOutcome outcome;
  CompactionScope scope;
  scope.dry_run = true;
  ASSIGN_OR_RETURN(outcome.counts, CompactIntervals(*session, options.schema, scope, progress));
  session->Rollback();
  return outcome;
}

}  // namespace

absl::StatusOr<CompactOutcome> CompactState(postgres::Pool& pool, const CallContext& context,
                                            const ChangeOptions& options, bool dry_run,
                                            const Progress& progress) {
  CompactionProgress versions = [&](int64_t done, int64_t total) {
    progress("Compacting intervals", done, total);
  };
  if (dry_run) return DryRun(pool, context, options, versions);
  progress("Waiting for the lock", 0, 0);
  CompactOutcome outcome;
  auto work = [&](postgres::Session& session) -> absl::StatusOr<ChangeRecord> {
    ASSIGN_OR_RETURN(outcome.counts, CompactIntervals(session, options.schema, {}, versions));
    const CompactionCounts& counts = outcome.counts;
    return ChangeRecord{Cat("{\"versions\":", counts.versions, ",\"rows_deleted\":",
                            counts.rows_deleted, ",\"rows_inserted\":", counts.rows_inserted, "}"),
                        ""};
  };
  ASSIGN_OR_RETURN(outcome.operation, RunChange(pool, context, options, "compact", "{}", work));
  return outcome;
}

}  // namespace stateserver::maintenance
