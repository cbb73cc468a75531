// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/intervals_71.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/snapshot_pass.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {
namespace {

// One row per (name, identifier): what the snapshot itself says counts more
// than what later ones remember of it.
std::string KnownSql() {
  return Cat(
      "CREATE TEMPORARY TABLE migrated_known ON COMMIT DROP AS "
      "SELECT DISTINCT ON (k.name, k.identifier) k.name, k.identifier, k.dev_version, "
      "k.own, EXISTS (SELECT FROM ",
      kDevVersionsTable,
      " s WHERE s.own AND s.name = k.name AND s.dev_version = k.dev_version) AS used FROM ",
      kDevVersionsTable,
      " k ORDER BY k.name, k.identifier, k.own DESC, k.dev_version; "
      "ANALYZE pg_temp.migrated_known;");
}

// Rows of a version, or of a dev version, that no snapshot has.
std::string DeleteSql(const std::string& intervals, const std::string& snapshots) {
  return Cat("DELETE FROM ", intervals, " i WHERE NOT EXISTS (SELECT FROM ", snapshots,
             " s WHERE s.name = i.name AND s.version = i.version) OR (i.is_dev AND NOT EXISTS ("
             "SELECT FROM pg_temp.migrated_known k WHERE k.name = i.name AND "
             "k.identifier = i.identifier AND k.used))");
}

// Of a snapshot that is gone the identifier goes too, so that rows can be
// compacted together.
std::string UpdateSql(const std::string& intervals) {
  return Cat("UPDATE ", intervals,
             " i SET "
             "dev_version = CASE WHEN COALESCE(k.own, false) OR i.is_dev THEN k.dev_version END, "
             "identifier = CASE WHEN k.own THEN i.identifier END, "
             "is_compacted = CASE WHEN COALESCE(k.own, false) THEN i.is_compacted ELSE false END "
             "FROM ",
             intervals,
             " j LEFT JOIN pg_temp.migrated_known k "
             "ON k.name = j.name AND k.identifier = j.identifier WHERE i.id = j.id");
}

}  // namespace

absl::Status CleanIntervals(postgres::Session& session, const SchemaRun& run, StepReport* report) {
  if (run.progress) run.progress("Cleaning intervals", 0, 1);
  std::string intervals = store::Qualified(run.schema, "_intervals");
  std::string snapshots = store::Qualified(run.schema, "_snapshots");
  RETURN_IF_ERROR(session.Execute(KnownSql()));
  ASSIGN_OR_RETURN(postgres::Result deleted, session.Query(DeleteSql(intervals, snapshots)));
  ASSIGN_OR_RETURN(postgres::Result updated, session.Query(UpdateSql(intervals)));
  report->rows_rewritten += deleted.affected_rows() + updated.affected_rows();
  if (run.progress) run.progress("Cleaning intervals", 1, 1);
  return session.Execute(Cat("DROP TABLE pg_temp.migrated_known, ", kDevVersionsTable));
}

}  // namespace stateserver::migrations
