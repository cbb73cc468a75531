// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rollback.h"

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/failpoint.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/columns.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/state_scan.h"

namespace stateserver::migrations {
namespace {

constexpr int64_t kSteps = 5;

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
             const operations::Progress& progress)
      : pool_(pool),
        context_(context),
        options_(options),
        schema_(options.change.schema),
        progress_(progress) {}

  // Finds the target. Waits for no lock on the tables of records, so that an operation which has to
  // wait for them is known as a running one.
  absl::StatusOr<RollbackTarget> Find(postgres::Session& session) {
    ASSIGN_OR_RETURN(RollbackTarget target, FindRollbackTarget(session, options_.change));
    RETURN_IF_ERROR(CheckExpected(target));
    return target;
  }

  absl::Status Rollback(operations::Change& change, RollbackResult* result) {
    postgres::Session& session = change.session();
    if (change.dry_run()) return Preview(session, result);
    RETURN_IF_ERROR(session.Begin(postgres::Isolation::kReadCommitted));
    progress_("Waiting for the lock", 0, kSteps);
    ASSIGN_OR_RETURN(std::vector<std::string> tables,
                     store::AdditionalBackedUpTables(session, schema_));
    tables.insert(tables.begin(), BackedUpTables().begin(), BackedUpTables().end());
    const size_t count = tables.size();
    for (size_t i = 0; i < count; ++i) tables.push_back(BackupName(tables[i]));
    RETURN_IF_ERROR(postgres::LockState(session, pool_, context_, schema_, tables,
                                        options_.change.lock_timeout,
                                        postgres::StateLock::kEverybody));
    // Another migration or rollback may have run meanwhile.
    ASSIGN_OR_RETURN(RollbackTarget target, Find(session));
    progress_("Comparing with the target", 1, kSteps);
    RETURN_IF_ERROR(CheckAndDescribe(session, target, result));
    progress_("Taking a restore point", 2, kSteps);
    points_.emplace(pool_, context_, options_.change, /*own_session=*/true,
                    target.restore_point_id);
    RETURN_IF_ERROR(change.TakeRestorePoint(*points_));
    FAILPOINT_SESSION("rollback.after_restore_point", pool_, session);
    progress_("Rolling back the tables", 3, kSteps);
    RETURN_IF_ERROR(target.restore_point_id.empty() ? Swap(session, target, result)
                                                    : Restore(session, target, result));
    progress_("Committing", 4, kSteps);
    return absl::OkStatus();
  }

 private:
  absl::Status CheckExpected(const RollbackTarget& target) const {
    if (!options_.if_after.has_value() || *options_.if_after == target.after) {
      return absl::OkStatus();
    }
    return Error(
        Reason::STATE_CHANGED,
        Cat("The last migration is another one by now: a rollback goes back to SQLMesh ",
            target.after.sqlmesh_version, " instead of ", options_.if_after->sqlmesh_version, "."),
        "Look at a dry run of the rollback again.", {{"field", "if_after"}});
  }

  absl::Status Preview(postgres::Session& session, RollbackResult* result) {
    ASSIGN_OR_RETURN(std::vector<std::string> tables, store::PresentTables(session, schema_));
    if (tables.empty()) return store::NotMigrated(options_.change.database, schema_);
    ASSIGN_OR_RETURN(auto transaction,
                     transfer::BeginRead(session, schema_, tables, options_.change.lock_timeout));
    ASSIGN_OR_RETURN(RollbackTarget target, Find(session));
    progress_("Comparing with the target", 1, kSteps);
    return CheckAndDescribe(session, target, result);
  }

  absl::Status CheckAndDescribe(postgres::Session& session, const RollbackTarget& target,
                                RollbackResult* result) {
    RETURN_IF_ERROR(CheckTargetReachable(session, schema_, target));
    result->before = target.before;
    result->after = target.after;
    result->source_restore_point_id = target.restore_point_id;
    result->target_ts = target.time_ts;
    ASSIGN_OR_RETURN(result->losses, FindLosses(session, schema_, target));
    return absl::OkStatus();
  }

  absl::Status Restore(postgres::Session& session, const RollbackTarget& target,
                       RollbackResult* result) {
    ASSIGN_OR_RETURN(std::vector<std::string> before, StateTablesThere(session));
    RETURN_IF_ERROR(restore_points::Restore(session, schema_, target.restore_point_id));
    FAILPOINT_SESSION("rollback.mid_tables", pool_, session);
    // `sqlmesh rollback` would take them for those of the migration that is the last one now.
    for (const std::string& table : target.discard) RETURN_IF_ERROR(Drop(session, table));
    ASSIGN_OR_RETURN(result->restored, StateTablesThere(session));
    for (std::string& table : before) {
      const auto& kept = result->restored;
      if (std::find(kept.begin(), kept.end(), table) == kept.end()) {
        result->dropped.push_back(std::move(table));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> StateTablesThere(postgres::Session& session) {
    std::vector<std::string> names = store::StateTables();
    names.push_back("_plan_dags");
    return ExistingTables(session, schema_, names);
  }

  absl::Status Swap(postgres::Session& session, const RollbackTarget& target,
                    RollbackResult* result) {
    for (const std::string& table : target.drop) RETURN_IF_ERROR(Drop(session, table));
    for (const std::string& table : target.replace) {
      ASSIGN_OR_RETURN(std::vector<std::string> grants, GrantsOn(session, schema_, table));
      RETURN_IF_ERROR(Drop(session, table));
      RETURN_IF_ERROR(Rename(session, table));
      for (const std::string& grant : grants) RETURN_IF_ERROR(session.Execute(grant));
      FAILPOINT_SESSION("rollback.mid_tables", pool_, session);
    }
    for (const std::string& table : target.reappear) RETURN_IF_ERROR(Rename(session, table));
    result->restored = target.replace;
    result->restored.insert(result->restored.end(), target.reappear.begin(), target.reappear.end());
    result->dropped = target.drop;
    return absl::OkStatus();
  }

  absl::Status Drop(postgres::Session& session, const std::string& table) {
    return session.Execute(Cat("DROP TABLE ", store::Qualified(schema_, table)));
  }

  absl::Status Rename(postgres::Session& session, const std::string& table) {
    return session.Execute(Cat("ALTER TABLE ", store::Qualified(schema_, BackupName(table)),
                               " RENAME TO ", postgres::QuoteName(table)));
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const RollbackOptions& options_;
  const std::string& schema_;
  const operations::Progress& progress_;
  std::optional<restore_points::StateRestorePoints> points_;
};

}  // namespace

absl::StatusOr<operations::Outcome<RollbackResult>> RollbackState(
    postgres::Pool& pool, const CallContext& context, const RollbackOptions& options,
    const operations::Progress& progress) {
  Rollbacker rollbacker(pool, context, options, progress);
  ASSIGN_OR_RETURN(
      auto outcome,
      operations::RunChange<RollbackResult>(
          pool, context, restore_points::ChangeRequestOf(options.change, "rollback"),
          [&](postgres::Session& session) { return rollbacker.Find(session).status(); },
          [&](operations::Change& change, RollbackResult* result) {
            return rollbacker.Rollback(change, result);
          }));
  if (!outcome.replayed && !options.change.dry_run) progress("Committing", kSteps, kSteps);
  return outcome;
}

}  // namespace stateserver::migrations
