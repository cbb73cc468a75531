// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rollback.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/platform/postgres/dependents.h"
#include "server/platform/postgres/failpoint.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::migrations {
namespace {

constexpr int64_t kSteps = 4;

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Plan lists the tables that a rollback changes.
struct Plan {
  store::Versions before;
  store::Versions after;
  std::vector<std::string> replace;   // live tables that have a backup
  std::vector<std::string> reappear;  // backups whose table no longer exists
  std::vector<std::string> drop;
};

absl::Status NoBackup() {
  return Error(Reason::BACKUP_MISSING, "There are no prior migrations to roll back to.",
               "`stateclient restore-points` lists the stored copies of the state.");
}

absl::StatusOr<store::Versions> BackedUpVersions(postgres::Session& session,
                                                 const std::string& schema) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query(Cat("SELECT schema_version, sqlglot_version, sqlmesh_version FROM ",
                        store::Qualified(schema, BackupName("_versions")))));
  if (rows.rows() != 1) {
    return Error(Reason::STATE_CORRUPT,
                 Cat("Table '_versions_backup' has ", rows.rows(), " rows instead of one"),
                 "Use a restore point: `stateclient restore-points`.",
                 {{"table", "_versions_backup"}});
  }
  return store::Versions{static_cast<int>(rows.Int(0, 0)), std::string(rows.Text(0, 1)),
                         std::string(rows.Text(0, 2))};
}

absl::StatusOr<Plan> MakePlan(postgres::Session& session, const RollbackOptions& options) {
  Plan plan;
  ASSIGN_OR_RETURN(std::optional<store::Versions> versions,
                   store::ReadVersions(session, options.schema));
  if (!versions.has_value()) return store::NotMigrated(options.database, options.schema);
  plan.before = *std::move(versions);
  std::vector<std::string> names;
  for (const std::string& table : BackedUpTables()) {
    names.push_back(table);
    names.push_back(BackupName(table));
  }
  ASSIGN_OR_RETURN(std::vector<std::string> there, ExistingTables(session, options.schema, names));
  // These tables exist in every SQLMesh release.
  for (std::string_view table : {"_snapshots", "_environments", "_versions"}) {
    if (!Contains(there, BackupName(table))) return NoBackup();
  }
  ASSIGN_OR_RETURN(plan.after, BackedUpVersions(session, options.schema));
  store::Layout layout(plan.after.schema_version);
  for (const std::string& table : BackedUpTables()) {
    bool live = Contains(there, table);
    if (Contains(there, BackupName(table))) {
      (live ? plan.replace : plan.reappear).push_back(table);
    } else if (live && ((table == "_auto_restatements" && !layout.auto_restatements) ||
                        (table == "_environment_statements" && !layout.environment_statements))) {
      plan.drop.push_back(table);
    }
  }
  return plan;
}

// Returns the GRANT statements for other roles' rights on a table, under its own name.
absl::StatusOr<std::vector<std::string>> GrantsOn(postgres::Session& session,
                                                  const std::string& schema,
                                                  const std::string& table) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(
          "SELECT format('GRANT %s ON %I.%I TO %s%s', g.privilege_type, n.nspname, c.relname,"
          " CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,"
          " CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
          " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) g"
          " WHERE n.nspname = $1 AND c.relname = $2 AND g.grantee <> c.relowner",
          {schema, table}));
  std::vector<std::string> out;
  for (size_t i = 0; i < rows.rows(); ++i) out.emplace_back(rows.Text(i, 0));
  return out;
}

class Rollbacker {
 public:
  Rollbacker(postgres::Pool& pool, const CallContext& context, const RollbackOptions& options,
             const Progress& progress)
      : pool_(pool), context_(context), options_(options), progress_(progress) {}

  absl::StatusOr<RollbackResult> Run() {
    if (!IsUuid(options_.operation_id)) {
      return Error(Reason::ARGUMENT_INVALID,
                   Cat("Operation id '", options_.operation_id, "' is not a UUID"),
                   "Leave it out to use a generated one.", {{"field", "operation_id"}});
    }
    // A retry after a success finds no backups.
    absl::Status refused = Check();
    if (!refused.ok() && ReasonOf(refused) != Reason::BACKUP_MISSING) return refused;
    if (!refused.ok() && !RanBefore()) return refused;
    ASSIGN_OR_RETURN(operations::BeginOutcome outcome,
                     operations::Begin(pool_, context_, Request()));
    if (outcome.finished.has_value()) {
      result_.restore_point_id = outcome.finished->restore_point_id;
      result_.operation = *std::move(outcome.finished);
      return std::move(result_);
    }
    absl::Status status = Work(*outcome.running);
    if (status.ok()) return std::move(result_);
    outcome.running->Fail(status);
    return WithFact(status, "operation", options_.operation_id);
  }

 private:
  absl::Status Check() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(context_));
    RETURN_IF_ERROR(session->Begin(postgres::Isolation::kRepeatableReadReadOnly));
    return MakePlan(*session, options_).status();
  }

  bool RanBefore() {
    auto session = pool_.Acquire(context_);
    return session.ok() &&
           operations::GetOperation(**session, options_.schema, options_.operation_id).ok();
  }

  operations::OperationRequest Request() const {
    operations::OperationRequest request;
    request.id = options_.operation_id;
    request.kind = "rollback";
    request.gateway = options_.gateway;
    request.state_schema = options_.schema;
    operations::SetCaller(context_, &request);
    return request;
  }

  absl::Status Work(operations::RunningOperation& operation) {
    postgres::Session& session = operation.session();
    absl::Status changed = Change(session, operation.request().id);
    if (!changed.ok()) {
      session.Rollback();
      return changed;
    }
    RETURN_IF_ERROR(operation.Finish(Details(), result_.restore_point_id));
    progress_("Committing", 3, kSteps);
    FAILPOINT_SESSION("rollback.before_commit", pool_, session);
    absl::Status committed = session.Commit();
    FAILPOINT("rollback.after_commit");
    ASSIGN_OR_RETURN(result_.operation, operation.Settle(committed));
    progress_("Committing", kSteps, kSteps);
    // A surplus restore point does no harm.
    (void)restore_points::Prune(pool_, context_, options_.schema, options_.restore_points_keep,
                                options_.restore_points_max_age);
    return absl::OkStatus();
  }

  absl::Status Change(postgres::Session& session, const std::string& operation_id) {
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    progress_("Waiting for the lock", 0, kSteps);
    std::vector<std::string> tables = BackedUpTables();
    for (const std::string& table : BackedUpTables()) tables.push_back(BackupName(table));
    RETURN_IF_ERROR(postgres::LockState(session, pool_, context_, options_.schema, tables,
                                        options_.lock_timeout, postgres::StateLock::kEverybody));
    ASSIGN_OR_RETURN(Plan plan, MakePlan(session, options_));
    std::vector<std::string> dropped = plan.replace;
    dropped.insert(dropped.end(), plan.drop.begin(), plan.drop.end());
    RETURN_IF_ERROR(postgres::RefuseDependents(session, options_.schema, dropped,
                                               "The rollback would drop state tables"));
    progress_("Taking a restore point", 1, kSteps);
    ASSIGN_OR_RETURN(restore_points::RestorePoint point,
                     restore_points::TakeRestorePoint(
                         session, pool_, context_,
                         {options_.schema, "rollback", operation_id, /*own_session=*/true}));
    result_.restore_point_id = point.id;
    FAILPOINT_SESSION("rollback.after_restore_point", pool_, session);
    progress_("Rolling back the tables", 2, kSteps);
    return Swap(session, std::move(plan));
  }

  absl::Status Swap(postgres::Session& session, Plan plan) {
    for (const std::string& table : plan.drop) {
      RETURN_IF_ERROR(
          session.Execute(Cat("DROP TABLE ", store::Qualified(options_.schema, table))));
    }
    for (const std::string& table : plan.replace) {
      ASSIGN_OR_RETURN(std::vector<std::string> grants, GrantsOn(session, options_.schema, table));
      RETURN_IF_ERROR(
          session.Execute(Cat("DROP TABLE ", store::Qualified(options_.schema, table))));
      RETURN_IF_ERROR(Rename(session, table));
      for (const std::string& grant : grants) RETURN_IF_ERROR(session.Execute(grant));
      FAILPOINT_SESSION("rollback.mid_tables", pool_, session);
    }
    for (const std::string& table : plan.reappear) RETURN_IF_ERROR(Rename(session, table));
    result_.before = std::move(plan.before);
    result_.after = std::move(plan.after);
    result_.restored = std::move(plan.replace);
    result_.restored.insert(result_.restored.end(), plan.reappear.begin(), plan.reappear.end());
    result_.dropped = std::move(plan.drop);
    return absl::OkStatus();
  }

  absl::Status Rename(postgres::Session& session, const std::string& table) {
    return session.Execute(Cat("ALTER TABLE ", store::Qualified(options_.schema, BackupName(table)),
                               " RENAME TO ", postgres::QuoteName(table)));
  }

  std::string Details() const {
    auto list = [](const std::vector<std::string>& tables) {
      return tables.empty() ? "[]" : Cat("[\"", absl::StrJoin(tables, "\",\""), "\"]");
    };
    return Cat("{\"from_schema_version\":", result_.before.schema_version,
               ",\"schema_version\":", result_.after.schema_version,
               ",\"restored_tables\":", list(result_.restored),
               ",\"dropped_tables\":", list(result_.dropped), "}");
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const RollbackOptions& options_;
  const Progress& progress_;
  RollbackResult result_;
};

}  // namespace

absl::StatusOr<RollbackResult> RollbackState(postgres::Pool& pool, const CallContext& context,
                                             const RollbackOptions& options,
                                             const Progress& progress) {
  return Rollbacker(pool, context, options, progress).Run();
}

}  // namespace stateserver::migrations
