// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/migrator.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/platform/postgres/failpoint.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/state_token.h"

namespace stateserver::migrations {

// Returns the report for the operation's record.
std::string ReportJson(const store::Versions& after, const RunReport& report);

namespace {

absl::Status TooOld(const store::Versions& state) {
  return Error(Reason::STATE_TOO_OLD,
               Cat("The current state belongs to an old version of SQLMesh that is no longer "
                   "supported. Please upgrade to 0.134.0 first before upgrading to ",
                   store::NewestVersions().sqlmesh_version, "."),
               Cat("The state has schema version ", state.schema_version,
                   "; migrations start from version ", store::kOldestMigratableSchema, "."));
}

// Returns true if release "1.2.3" precedes another; parts that are not numbers count as 0.
bool Earlier(const std::string& a, const std::string& b) {
  auto numbers = [](const std::string& text) {
    std::vector<int> out;
    for (const auto& part : absl::StrSplit(text, '.')) {
      int number = 0;
      if (!absl::SimpleAtoi(part, &number)) number = 0;
      out.push_back(number);
    }
    return out;
  };
  return numbers(a) < numbers(b);
}

// Returns true if migrating to `target` would change the state. A state with the same schema and a
// later release is unchanged.
bool NeedsWork(const store::Versions& state, const store::Versions& target) {
  return state.schema_version < target.schema_version ||
         Earlier(state.sqlmesh_version, target.sqlmesh_version) ||
         Earlier(state.sqlglot_version, target.sqlglot_version);
}

absl::Status CheckMigratable(const store::Versions& state, const store::Versions& target) {
  RETURN_IF_ERROR(store::MigrationTarget(target.sqlmesh_version).status());
  if (state.schema_version < store::kOldestMigratableSchema) return TooOld(state);
  if (state.schema_version > store::NewestVersions().schema_version) {
    return store::CheckCurrent(state);
  }
  if (target.schema_version == store::NewestVersions().schema_version) return absl::OkStatus();
  return Error(
      Reason::ARGUMENT_INVALID,
      Cat("The database holds a state of SQLMesh ", state.sqlmesh_version,
          ": only an empty database can get the tables of release ", target.sqlmesh_version),
      Cat("Leave --to out to migrate to ", store::NewestVersions().sqlmesh_version, "."),
      {{"field", "to"}});
}

absl::Status CheckToken(postgres::Session& session, const MigrateOptions& options,
                        const std::optional<store::Versions>& state) {
  if (options.if_unchanged_since.empty()) return absl::OkStatus();
  if (!state.has_value()) {
    return Error(Reason::STATE_CHANGED, "The database holds no state, so it has no token",
                 "Leave --if-unchanged-since out to create the state tables.");
  }
  if (state->schema_version < store::kOldestExportableSchema) {
    return Error(
        Reason::ARGUMENT_INVALID,
        Cat("A state of schema version ", state->schema_version,
            " has no token: tokens exist from version ", store::kOldestExportableSchema, " on"),
        "Leave --if-unchanged-since out.", {{"field", "if_unchanged_since"}});
  }
  return transfer::CheckStateToken(session, options.schema, *state, options.if_unchanged_since);
}

// Returns everything that a migration touches, including `_plan_dags` and the backups.
std::vector<std::string> TablesToLock() {
  std::vector<std::string> tables = store::StateTables();
  for (const std::string& table : BackedUpTables()) tables.push_back(BackupName(table));
  tables.push_back("_plan_dags");
  return tables;
}

class Migrator {
 public:
  Migrator(postgres::Pool& pool, const CallContext& context, const MigrateOptions& options,
           const Progress& progress)
      : pool_(pool), context_(context), options_(options), progress_(progress) {}

  absl::StatusOr<MigrateResult> Run() {
    ASSIGN_OR_RETURN(target_, store::VersionsOfRelease(options_.to));
    if (!options_.dry_run && !IsUuid(options_.operation_id)) {
      return Error(Reason::ARGUMENT_INVALID,
                   Cat("Operation id '", options_.operation_id, "' is not a UUID"),
                   "Leave it out to use a generated one.", {{"field", "operation_id"}});
    }
    result_.dry_run = options_.dry_run;
    absl::StatusOr<bool> done = NothingToDo();
    if (!done.ok() && !options_.dry_run) {
      operations::RecordRefused(pool_, Request(), done.status());
    }
    RETURN_IF_ERROR(done.status());
    if (*done) return result_;
    if (options_.dry_run) return DryRun();
    return Operate();
  }

 private:
  // Returns true if the state is current already. Rejects states that cannot be migrated.
  absl::StatusOr<bool> NothingToDo() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(context_));
    RETURN_IF_ERROR(session->Begin(postgres::Isolation::kRepeatableReadReadOnly));
    ASSIGN_OR_RETURN(auto state, store::ReadVersions(*session, options_.schema));
    if (state.has_value()) RETURN_IF_ERROR(CheckMigratable(*state, target_));
    RETURN_IF_ERROR(CheckToken(*session, options_, state));
    if (!state.has_value() || NeedsWork(*state, target_)) return false;
    result_.before = state;
    result_.after = *state;
    return true;
  }

  absl::StatusOr<MigrateResult> DryRun() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(context_));
    absl::Status status = Change(*session, "");
    session->Rollback();
    RETURN_IF_ERROR(status);
    return std::move(result_);
  }

  absl::StatusOr<MigrateResult> Operate() {
    ASSIGN_OR_RETURN(operations::BeginOutcome outcome,
                     operations::Begin(pool_, context_, Request()));
    if (outcome.finished.has_value()) {
      result_.restore_point_id = outcome.finished->restore_point_id;
      result_.operation = *std::move(outcome.finished);
      result_.after = target_;
      result_.changed = true;
      return result_;
    }
    absl::Status status = Work(*outcome.running);
    if (status.ok()) return std::move(result_);
    outcome.running->Fail(status);
    return WithFact(status, "operation", options_.operation_id);
  }

  operations::OperationRequest Request() const {
    operations::OperationRequest request;
    request.id = options_.operation_id;
    request.kind = "migrate";
    request.arguments_json = Cat(
        "{\"to\":\"", target_.sqlmesh_version, "\"",
        options_.keep_unsupported_fingerprints ? ",\"keep_unsupported_fingerprints\":true}" : "}");
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
    RETURN_IF_ERROR(
        operation.Finish(ReportJson(target_, result_.report), result_.restore_point_id));
    progress_("Committing", 0, 1);
    FAILPOINT_SESSION("migrate.before_commit", pool_, session);
    absl::Status committed = session.Commit();
    FAILPOINT("migrate.after_commit");
    ASSIGN_OR_RETURN(result_.operation, operation.Settle(committed));
    progress_("Committing", 1, 1);
    // A surplus restore point does no harm.
    (void)restore_points::Prune(pool_, context_, options_.schema, options_.restore_points_keep,
                                options_.restore_points_max_age);
    return absl::OkStatus();
  }

  absl::Status Change(postgres::Session& session, const std::string& operation_id) {
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    progress_("Waiting for the lock", 0, 1);
    RETURN_IF_ERROR(postgres::LockState(session, pool_, context_, options_.schema, TablesToLock(),
                                        options_.lock_timeout, postgres::StateLock::kEverybody));
    progress_("Waiting for the lock", 1, 1);
    FAILPOINT_SESSION("migrate.after_lock", pool_, session);
    // Another migration may have run meanwhile.
    ASSIGN_OR_RETURN(result_.before, store::ReadVersions(session, options_.schema));
    if (!result_.before.has_value()) return Create(session);
    RETURN_IF_ERROR(CheckMigratable(*result_.before, target_));
    result_.after = *result_.before;
    if (!NeedsWork(*result_.before, target_)) return absl::OkStatus();
    RETURN_IF_ERROR(CheckToken(session, options_, result_.before));
    return Migrate(session, operation_id);
  }

  absl::Status Create(postgres::Session& session) {
    progress_("Creating the state tables", 0, 1);
    RETURN_IF_ERROR(store::CreateState(session, options_.schema, target_));
    progress_("Creating the state tables", 1, 1);
    result_.after = target_;
    result_.changed = true;
    return absl::OkStatus();
  }

  // `operation_id` is empty in a dry run, which takes no restore point.
  absl::Status Migrate(postgres::Session& session, const std::string& operation_id) {
    if (!operation_id.empty()) {
      progress_("Taking a restore point", 0, 1);
      ASSIGN_OR_RETURN(restore_points::RestorePoint point,
                       restore_points::TakeRestorePoint(session, pool_, context_,
                                                        {options_.schema, "migrate", operation_id,
                                                         /*own_session=*/true}));
      result_.restore_point_id = point.id;
      progress_("Taking a restore point", 1, 1);
    }
    FAILPOINT_SESSION("migrate.after_restore_point", pool_, session);
    RunOptions run;
    run.schema = options_.schema;
    run.before = *result_.before;
    run.target = target_;
    run.keep_unsupported_fingerprints = options_.keep_unsupported_fingerprints;
    run.worker = options_.worker;
    run.python = options_.python;
    // As in SQLMesh, a change of the patch release alone keeps the backups of the last migration.
    run.backup_tables =
        run.before.schema_version != target_.schema_version ||
        store::MajorMinor(run.before.sqlmesh_version) !=
            store::MajorMinor(target_.sqlmesh_version) ||
        store::MajorMinor(run.before.sqlglot_version) != store::MajorMinor(target_.sqlglot_version);
    ASSIGN_OR_RETURN(result_.report, RunMigration(session, run, progress_));
    FAILPOINT_SESSION("migrate.after_run", pool_, session);
    result_.after = target_;
    result_.changed = true;
    return absl::OkStatus();
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const MigrateOptions& options_;
  const Progress& progress_;
  store::Versions target_;
  MigrateResult result_;
};

}  // namespace

absl::StatusOr<MigrateResult> MigrateState(postgres::Pool& pool, const CallContext& context,
                                           const MigrateOptions& options,
                                           const Progress& progress) {
  return Migrator(pool, context, options, progress).Run();
}

std::string ReportJson(const store::Versions& after, const RunReport& report) {
  const RowCounts& rows = report.rows;
  return Cat("{\"schema_version\":", after.schema_version, ",\"sqlmesh_version\":\"",
             after.sqlmesh_version, "\",\"steps\":", report.steps.size(),
             ",\"snapshots_read\":", rows.snapshots_read, ",\"fingerprints_native\":", rows.native,
             ",\"fingerprints_by_worker\":", rows.by_worker, ",\"fingerprints_kept\":", rows.kept,
             ",\"snapshots_unchanged\":", rows.unchanged, ",\"snapshots_written\":", rows.written,
             ",\"environments\":", rows.environments,
             ",\"environments_written\":", rows.environments_written, "}");
}

}  // namespace stateserver::migrations
