// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/expired.h"

#include <algorithm>

#include "common/error.h"
#include "common/failpoint.h"
#include "common/json/text.h"
#include "common/text.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/transfer/state_scan.h"
#include "server/sqlmesh/transfer/state_token.h"

namespace stateserver::maintenance {
namespace {

constexpr char kKind[] = "expired --delete";
constexpr size_t kTablesOnRecord = 1000;

std::string QuoteJson(std::string_view text) {
  std::string out;
  json::AppendQuoted(text, json::Charset::kUtf8, &out);
  return out;
}

std::string Details(const ExpiredPlan& plan, const DeletedRows& deleted) {
  std::string details = Cat(
      "{\"environments\":", deleted.environments, ",\"snapshots\":", deleted.snapshots,
      ",\"statements\":", deleted.statements, ",\"auto_restatements\":", deleted.auto_restatements,
      ",\"interval_rows_deleted\":", deleted.interval_rows_deleted,
      ",\"interval_rows_released\":", deleted.interval_rows_released,
      ",\"tables_left\":", plan.tables.size(), ",\"tables\":[");
  for (size_t i = 0; i < std::min(plan.tables.size(), kTablesOnRecord); ++i) {
    AppendTo(&details, i == 0 ? "" : ",", QuoteJson(plan.tables[i].table));
  }
  return details + "]}";
}

class Deleter {
 public:
  Deleter(postgres::Pool& pool, const CallContext& context, const ExpiredOptions& options,
          const Progress& progress, const std::function<void(const ExpiredPlan&)>& on_plan)
      : pool_(pool), context_(context), options_(options), progress_(progress), on_plan_(on_plan) {}

  absl::StatusOr<DeleteExpiredOutcome> Run() {
    progress_("Waiting for the lock", 0, 0);
    std::string arguments =
        Cat("{\"environment\":", QuoteJson(options_.environment),
            ",\"if_unchanged_since\":", QuoteJson(options_.if_unchanged_since), "}");
    ASSIGN_OR_RETURN(outcome_.operation,
                     RunChange(pool_, context_, options_.change, kKind, arguments,
                               [this](postgres::Session& session) { return Work(session); }));
    // Best effort: a point too many does no harm.
    if (!outcome_.restore_point_id.empty()) {
      (void)operations::Prune(pool_, context_, options_.change.schema, options_.restore_points_keep,
                              options_.restore_points_max_age);
    }
    return std::move(outcome_);
  }

 private:
  absl::StatusOr<ChangeRecord> Work(postgres::Session& session) {
    const std::string& schema = options_.change.schema;
    if (!options_.if_unchanged_since.empty()) {
      ASSIGN_OR_RETURN(auto versions, CurrentVersions(session, options_.change.database, schema));
      RETURN_IF_ERROR(
          transfer::CheckStateToken(session, schema, versions, options_.if_unchanged_since));
    }
    progress_("Looking for what has expired", 0, 0);
    ASSIGN_OR_RETURN(ExpiredPlan plan, PlanExpired(session, schema, options_.environment));
    on_plan_(plan);
    outcome_.ran = true;
    if (plan.empty()) return ChangeRecord{Details(plan, {}), ""};
    progress_("Taking a restore point", 0, 0);
    ASSIGN_OR_RETURN(auto point, operations::Take(session, pool_, context_,
                                                  {schema, kKind, options_.change.operation_id}));
    outcome_.restore_point_id = point.id;
    ASSIGN_OR_RETURN(outcome_.deleted, DeleteExpiredRows(session, schema, plan,
                                                         !options_.environment.empty(), progress_));
    return ChangeRecord{Details(plan, outcome_.deleted), point.id};
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const ExpiredOptions& options_;
  const Progress& progress_;
  const std::function<void(const ExpiredPlan&)>& on_plan_;
  DeleteExpiredOutcome outcome_;
};

}  // namespace

absl::StatusOr<ExpiredPlan> ListExpired(postgres::Pool& pool, const CallContext& context,
                                        const ExpiredOptions& options) {
  const ChangeOptions& change = options.change;
  ASSIGN_OR_RETURN(auto session, pool.Acquire(context));
  RETURN_IF_ERROR(CurrentVersions(*session, change.database, change.schema).status());
  RETURN_IF_ERROR(
      transfer::BeginRead(*session, change.schema, store::StateTables(), change.lock_timeout));
  auto plan = PlanExpired(*session, change.schema, options.environment);
  session->Rollback();
  return plan;
}

absl::StatusOr<DeleteExpiredOutcome> DeleteExpired(
    postgres::Pool& pool, const CallContext& context, const ExpiredOptions& options,
    const Progress& progress, const std::function<void(const ExpiredPlan&)>& on_plan) {
  return Deleter(pool, context, options, progress, on_plan).Run();
}

}  // namespace stateserver::maintenance
