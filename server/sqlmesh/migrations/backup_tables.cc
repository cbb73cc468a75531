// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/backup_tables.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/dependents.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

std::string BackupName(std::string_view table) { return Cat(table, "_backup"); }

const std::vector<std::string>& BackedUpTables() { return store::StateTables(); }

absl::StatusOr<std::vector<std::string>> ExistingTables(postgres::Session& session,
                                                        const std::string& schema,
                                                        const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query("SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                    " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')",
                    {schema}));
  std::vector<std::string_view> there;
  for (size_t i = 0; i < rows.rows(); ++i) there.push_back(rows.Text(i, 0));
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (std::find(there.begin(), there.end(), name) != there.end()) out.push_back(name);
  }
  return out;
}

absl::Status MakeBackups(postgres::Session& session, const std::string& schema) {
  std::vector<std::string> backups;
  for (const std::string& table : BackedUpTables()) backups.push_back(BackupName(table));
  RETURN_IF_ERROR(postgres::RefuseDependents(session, schema, backups,
                                             "an earlier migration's copy would be dropped"));
  ASSIGN_OR_RETURN(std::vector<std::string> tables,
                   ExistingTables(session, schema, BackedUpTables()));
  for (const std::string& table : tables) {
    std::string from = store::Qualified(schema, table);
    std::string to = store::Qualified(schema, BackupName(table));
    RETURN_IF_ERROR(
        session.Execute(Cat("DROP TABLE IF EXISTS ", to, ";CREATE TABLE ", to, " (LIKE ", from,
                            " INCLUDING ALL);INSERT INTO ", to, " SELECT * FROM ", from)));
  }
  return absl::OkStatus();
}

}  // namespace stateserver::migrations
