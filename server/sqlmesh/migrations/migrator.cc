// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/migrator.h"

#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/json/text.h"
#include "common/text.h"
#include "server/platform/postgres/failpoint.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/state_token.h"

namespace stateserver::migrations {

namespace {

absl::Status TooOld(const store::Versions& state) {
  return Error(Reason::STATE_TOO_OLD,
               Cat("The current state belongs to an old version of SQLMesh that is no longer "
                   "supported. Please upgrade to 0.134.0 first before upgrading to ",
                   store::NewestVersions().sqlmesh_version, "."),
               Cat("The state has schema version ", state.schema_version,
                   "; migrations start from version ", store::kOldestMigratableSchema, "."));
}

// The state is unchanged, and only its own release knows whether that is right.
void NoteLaterRelease(const store::Versions& state, RunReport* report) {
  if (!store::IsLaterRelease(state)) return;
  const store::Versions& newest = store::NewestVersions();
  report->notes.push_back(
      {"later_release",
       1,
       Cat("the state is of SQLMesh ", state.sqlmesh_version, " with SQLGlot ",
           state.sqlglot_version, ", later than this server knows (", newest.sqlmesh_version, ", ",
           newest.sqlglot_version,
           "): its schema is known, but whether its fingerprints have to be migrated is not; "
           "`sqlmesh migrate` of that release does it if it is needed"),
       {}});
}

absl::Status CheckMigratable(const store::Versions& state, const store::Versions& target) {
  RETURN_IF_ERROR(store::MigrationTarget(target.sqlmesh_version).status());
  if (state.schema_version < store::kOldestMigratableSchema) return TooOld(state);
  RETURN_IF_ERROR(store::CheckKnownSchema(state));
  if (target.schema_version == store::NewestVersions().schema_version) return absl::OkStatus();
  return Error(
      Reason::ARGUMENT_INVALID,
      Cat("The database holds a state of SQLMesh ", state.sqlmesh_version,
          ": only an empty database can get the tables of release ", target.sqlmesh_version),
      Cat("Leave `to` empty to migrate to ", store::NewestVersions().sqlmesh_version, "."),
      {{"field", "to"}});
}

absl::Status CheckToken(postgres::Session& session, const MigrateOptions& options,
                        const std::optional<store::Versions>& state) {
  if (options.if_unchanged_since.empty()) return absl::OkStatus();
  if (!state.has_value()) {
    return Error(Reason::STATE_CHANGED, "The database holds no state, so it has no token",
                 "Leave `if_unchanged_since` empty to create the state tables.",
                 {{"field", "if_unchanged_since"}});
  }
  if (state->schema_version < store::kOldestExportableSchema) {
    return Error(
        Reason::ARGUMENT_INVALID,
        Cat("A state of schema version ", state->schema_version,
            " has no token: tokens exist from version ", store::kOldestExportableSchema, " on"),
        "Leave `if_unchanged_since` empty.", {{"field", "if_unchanged_since"}});
  }
  return transfer::CheckStateToken(session, options.change.schema, *state,
                                   options.if_unchanged_since);
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
           const operations::Progress& progress)
      : pool_(pool),
        context_(context),
        options_(options),
        progress_(progress),
        points_(pool, context, options.change, /*own_session=*/true) {}

  // Rejects states that cannot be migrated, and finds out whether there is anything to do.
  absl::Status Check(postgres::Session& session) {
    ASSIGN_OR_RETURN(target_, store::VersionsOfRelease(options_.to));
    ASSIGN_OR_RETURN(auto state, store::ReadVersions(session, options_.change.schema));
    if (state.has_value()) RETURN_IF_ERROR(CheckMigratable(*state, target_));
    RETURN_IF_ERROR(CheckToken(session, options_, state));
    if (!state.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(store::Versions after,
                     store::VersionsAfterMigration("state", *state, target_));
    if (after == *state) current_ = std::move(state);
    return absl::OkStatus();
  }

  absl::Status Migrate(operations::Change& change, MigrateResult* result) {
    postgres::Session& session = change.session();
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    if (current_.has_value()) {
      // Without the lock: nobody has to wait for a migration that does nothing.
      result->before = current_;
      result->after = *current_;
      NoteLaterRelease(*current_, &result->report);
      return absl::OkStatus();
    }
    progress_("Waiting for the lock", 0, 1);
    RETURN_IF_ERROR(postgres::LockState(session, pool_, context_, options_.change.schema,
                                        TablesToLock(), options_.change.lock_timeout,
                                        postgres::StateLock::kEverybody));
    progress_("Waiting for the lock", 1, 1);
    FAILPOINT_SESSION("migrate.after_lock", pool_, session);
    RETURN_IF_ERROR(MigrateLocked(change, result));
    if (!change.dry_run()) progress_("Committing", 0, 1);
    return absl::OkStatus();
  }

 private:
  absl::Status MigrateLocked(operations::Change& change, MigrateResult* result) {
    postgres::Session& session = change.session();
    // Another migration may have run meanwhile.
    ASSIGN_OR_RETURN(result->before, store::ReadVersions(session, options_.change.schema));
    if (!result->before.has_value()) return Create(session, result);
    RETURN_IF_ERROR(CheckMigratable(*result->before, target_));
    ASSIGN_OR_RETURN(result->after,
                     store::VersionsAfterMigration("state", *result->before, target_));
    if (result->after == *result->before) {
      NoteLaterRelease(result->after, &result->report);
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(CheckToken(session, options_, result->before));
    if (!change.dry_run()) {
      progress_("Taking a restore point", 0, 1);
      RETURN_IF_ERROR(change.TakeRestorePoint(points_));
      progress_("Taking a restore point", 1, 1);
    }
    FAILPOINT_SESSION("migrate.after_restore_point", pool_, session);
    return MigrateTables(session, result);
  }

  absl::Status Create(postgres::Session& session, MigrateResult* result) {
    progress_("Creating the state tables", 0, 1);
    RETURN_IF_ERROR(store::CreateState(session, options_.change.schema, target_));
    progress_("Creating the state tables", 1, 1);
    result->after = target_;
    result->changed = true;
    return absl::OkStatus();
  }

  absl::Status MigrateTables(postgres::Session& session, MigrateResult* result) {
    RunOptions run;
    run.schema = options_.change.schema;
    run.before = *result->before;
    run.target = result->after;
    run.keep_unsupported_fingerprints = options_.keep_unsupported_fingerprints;
    run.worker = options_.worker;
    run.python = options_.python;
    run.rewrite_python = options_.rewrite_python;
    // As in SQLMesh, a change of the patch release alone keeps the backups of the last migration.
    run.backup_tables = run.before.schema_version != run.target.schema_version ||
                        store::MajorMinor(run.before.sqlmesh_version) !=
                            store::MajorMinor(run.target.sqlmesh_version) ||
                        store::MajorMinor(run.before.sqlglot_version) !=
                            store::MajorMinor(run.target.sqlglot_version);
    ASSIGN_OR_RETURN(result->report, RunMigration(session, run, progress_));
    FAILPOINT_SESSION("migrate.after_run", pool_, session);
    result->changed = true;
    return absl::OkStatus();
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const MigrateOptions& options_;
  const operations::Progress& progress_;
  restore_points::StateRestorePoints points_;
  store::Versions target_;
  std::optional<store::Versions> current_;  // set if there is nothing to do
};

// The release is named in full, so that a retry with a newer server is another call.
std::string Arguments(const MigrateOptions& options) {
  auto target = store::VersionsOfRelease(options.to);
  std::string out =
      Cat(R"({"to":)", json::Quoted(target.ok() ? target->sqlmesh_version : options.to));
  if (options.keep_unsupported_fingerprints) out += R"(,"keep_unsupported_fingerprints":true)";
  return out + "}";
}

}  // namespace

absl::StatusOr<operations::Outcome<MigrateResult>> MigrateState(
    postgres::Pool& pool, const CallContext& context, const MigrateOptions& options,
    const operations::Progress& progress) {
  Migrator migrator(pool, context, options, progress);
  ASSIGN_OR_RETURN(
      auto outcome,
      operations::RunChange<MigrateResult>(
          pool, context,
          restore_points::ChangeRequestOf(options.change, "migrate", Arguments(options)),
          [&](postgres::Session& session) { return migrator.Check(session); },
          [&](operations::Change& change, MigrateResult* result) {
            return migrator.Migrate(change, result);
          }));
  if (!outcome.replayed && !options.change.dry_run) progress("Committing", 1, 1);
  return outcome;
}

}  // namespace stateserver::migrations
