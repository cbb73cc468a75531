#include "server/migrations/migrator.h"

#include "common/error.h"
#include "common/failpoint.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/postgres/locks.h"
#include "server/store/create.h"
#include "server/store/releases.h"
#include "server/store/versions.h"
#include "server/transfer/state_token.h"

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

// The state of a database that has one.
absl::Status CheckMigratable(const store::Versions& state, const store::Versions& target) {
  RETURN_IF_ERROR(store::MigrationTarget(target.sqlmesh_version).status());
  if (state.schema_version < store::kOldestMigratableSchema) return TooOld(state);
  if (state.schema_version >= target.schema_version) return store::CheckCurrent(state);
  return Error(
      Reason::STATE_BEHIND,
      Cat("the state has schema version ", state.schema_version, " (SQLMesh ",
          state.sqlmesh_version, "), and this server creates version ", target.schema_version,
          " (SQLMesh ", target.sqlmesh_version, ") in empty databases only"),
      Cat("Run `sqlmesh migrate` of SQLMesh ", target.sqlmesh_version, " on this database."),
      {{"state_schema_version", Cat(state.schema_version)},
       {"newest_schema_version", Cat(target.schema_version)}});
}

absl::Status CheckToken(postgres::Session& session, const MigrateOptions& options,
                        const std::optional<store::Versions>& state) {
  if (options.if_unchanged_since.empty()) return absl::OkStatus();
  if (!state.has_value()) {
    return Error(Reason::STATE_CHANGED, "the database holds no state, so it has no token",
                 "Leave --if-unchanged-since out to create the state tables.");
  }
  return transfer::CheckStateToken(session, options.schema, *state, options.if_unchanged_since);
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
                   Cat("operation id '", options_.operation_id, "' is no UUID"),
                   "Leave it out to have one made up.", {{"field", "operation_id"}});
    }
    ASSIGN_OR_RETURN(bool done, NothingToDo());
    if (done) return result_;
    return Create();
  }

 private:
  // Whether the state is there already; refuses what cannot be migrated.
  absl::StatusOr<bool> NothingToDo() {
    ASSIGN_OR_RETURN(auto session, pool_.Acquire(context_));
    RETURN_IF_ERROR(session->Begin(postgres::Isolation::kRepeatableReadReadOnly));
    ASSIGN_OR_RETURN(auto state, store::ReadVersions(*session, options_.schema));
    if (state.has_value()) RETURN_IF_ERROR(CheckMigratable(*state, target_));
    RETURN_IF_ERROR(CheckToken(*session, options_, state));
    if (!state.has_value()) return false;
    result_.before = state;
    result_.after = *state;
    result_.dry_run = options_.dry_run;
    return true;
  }

  absl::StatusOr<MigrateResult> Create() {
    if (options_.dry_run) {
      ASSIGN_OR_RETURN(auto session, pool_.Acquire(context_));
      RETURN_IF_ERROR(CreateIn(*session));
      session->Rollback();
      result_.dry_run = true;
      return result_;
    }
    operations::OperationRequest request;
    request.id = options_.operation_id;
    request.kind = "migrate";
    request.arguments_json = Cat("{\"to\":\"", target_.sqlmesh_version, "\"}");
    request.gateway = options_.gateway;
    request.state_schema = options_.schema;
    request.principal = context_.principal;
    ASSIGN_OR_RETURN(operations::BeginOutcome outcome, operations::Begin(pool_, context_, request));
    if (outcome.finished.has_value()) {
      result_.operation = *outcome.finished;
      result_.after = target_;
      result_.changed = true;
      return result_;
    }
    absl::Status status = Work(*outcome.running);
    if (status.ok()) return result_;
    outcome.running->Fail(status);
    return status;
  }

  absl::Status Work(operations::RunningOperation& operation) {
    postgres::Session& session = operation.session();
    absl::Status created = CreateIn(session);
    if (!created.ok()) {
      session.Rollback();
      return created;
    }
    RETURN_IF_ERROR(operation.Finish(Cat("{\"schema_version\":", target_.schema_version,
                                         ",\"sqlmesh_version\":\"", target_.sqlmesh_version, "\"}"),
                                     ""));
    FAILPOINT("migrate.before_commit");
    ASSIGN_OR_RETURN(result_.operation, operation.Settle(session.Commit()));
    FAILPOINT("migrate.after_commit");
    return absl::OkStatus();
  }

  absl::Status CreateIn(postgres::Session& session) {
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    progress_("Waiting for the lock", 0, 0);
    RETURN_IF_ERROR(
        postgres::LockState(session, pool_, context_, options_.schema, {}, options_.lock_timeout));
    // Another one may have created them meanwhile.
    ASSIGN_OR_RETURN(auto state, store::ReadVersions(session, options_.schema));
    if (state.has_value()) {
      result_.before = state;
      result_.after = *state;
      return CheckMigratable(*state, target_);
    }
    progress_("Creating the state tables", 0, 1);
    RETURN_IF_ERROR(store::CreateState(session, options_.schema, target_));
    progress_("Creating the state tables", 1, 1);
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

}  // namespace stateserver::migrations
