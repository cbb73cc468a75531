// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rollback.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/dependents.h"
#include "server/platform/postgres/failpoint.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/migrations/runner.h"
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
               "Restore a restore point that ListRestorePoints returns.");
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
                 "Restore a restore point that ListRestorePoints returns.",
                 {{"table", "_versions_backup"}});
  }
  return store::Versions{static_cast<int>(rows.Int(0, 0)), std::string(rows.Text(0, 1)),
                         std::string(rows.Text(0, 2))};
}

absl::StatusOr<Plan> MakePlan(postgres::Session& session,
                              const restore_points::StateChangeOptions& options) {
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
  Rollbacker(postgres::Pool& pool, const CallContext& context,
             const restore_points::StateChangeOptions& options,
             const operations::Progress& progress)
      : pool_(pool),
        context_(context),
        options_(options),
        progress_(progress),
        points_(pool, context, options, /*own_session=*/true) {}

  absl::Status Rollback(operations::Change& change, RollbackResult* result) {
    postgres::Session& session = change.session();
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
    RETURN_IF_ERROR(change.TakeRestorePoint(points_));
    FAILPOINT_SESSION("rollback.after_restore_point", pool_, session);
    progress_("Rolling back the tables", 2, kSteps);
    RETURN_IF_ERROR(Swap(session, std::move(plan), result));
    progress_("Committing", 3, kSteps);
    return absl::OkStatus();
  }

 private:
  absl::Status Swap(postgres::Session& session, Plan plan, RollbackResult* result) {
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
    result->before = std::move(plan.before);
    result->after = std::move(plan.after);
    result->restored = std::move(plan.replace);
    result->restored.insert(result->restored.end(), plan.reappear.begin(), plan.reappear.end());
    result->dropped = std::move(plan.drop);
    return absl::OkStatus();
  }

  absl::Status Rename(postgres::Session& session, const std::string& table) {
    return session.Execute(Cat("ALTER TABLE ", store::Qualified(options_.schema, BackupName(table)),
                               " RENAME TO ", postgres::QuoteName(table)));
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const restore_points::StateChangeOptions& options_;
  const operations::Progress& progress_;
  restore_points::StateRestorePoints points_;
};

}  // namespace

absl::StatusOr<operations::Outcome<RollbackResult>> RollbackState(
    postgres::Pool& pool, const CallContext& context,
    const restore_points::StateChangeOptions& options, const operations::Progress& progress) {
  Rollbacker rollbacker(pool, context, options, progress);
  ASSIGN_OR_RETURN(
      auto outcome,
      operations::RunChange<RollbackResult>(
          pool, context, restore_points::ChangeRequestOf(options, "rollback"),
          [&](postgres::Session& session) { return MakePlan(session, options).status(); },
          [&](operations::Change& change, RollbackResult* result) {
            return rollbacker.Rollback(change, result);
          }));
  if (!outcome.replayed) progress("Committing", kSteps, kSteps);
  return outcome;
}

}  // namespace stateserver::migrations
