// SPDX-License-Identifier: Apache-2.0
//
// 66, 71, 72, 79, 90, 94, 96 and 99: tables and columns.
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/tables.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {
namespace {

std::string AddColumn(std::string_view schema, std::string_view table, std::string_view column,
                      std::string_view type) {
  return Cat("ALTER TABLE ", store::Qualified(schema, table), " ADD COLUMN ", column, " ", type,
             ";\n");
}

// As SQLMesh leaves it: all rows false, and no default. By way of a default no
// row is rewritten.
std::string AddFalse(std::string_view schema, std::string_view table, std::string_view column) {
  return Cat(AddColumn(schema, table, column, "boolean DEFAULT false"), "ALTER TABLE ",
             store::Qualified(schema, table), " ALTER COLUMN ", column, " DROP DEFAULT;\n");
}

// `sqlmesh rollback` leaves these two behind, so they may be there.
std::string CreateTable(std::string_view schema, std::string_view table, std::string_view columns) {
  return Cat("CREATE TABLE IF NOT EXISTS ", store::Qualified(schema, table), " (", columns, ");\n");
}

}  // namespace

std::string DefinitionSql(int number, std::string_view schema) {
  switch (number) {
    case 66:
      return CreateTable(schema, "_auto_restatements",
                         "snapshot_name text NOT NULL, snapshot_version text NOT NULL, "
                         "next_auto_restatement_ts bigint, "
                         "PRIMARY KEY (snapshot_name, snapshot_version)") +
             AddFalse(schema, "_intervals", "is_pending_restatement");
    case 71:
      return AddColumn(schema, "_intervals", "dev_version", "text");
    case 72:
      return CreateTable(schema, "_environment_statements",
                         "environment_name text NOT NULL, plan_id text, "
                         "environment_statements text, PRIMARY KEY (environment_name)");
    case 79:
      return AddFalse(schema, "_environments", "gateway_managed");
    case 90:
      return AddColumn(schema, "_snapshots", "forward_only", "boolean");
    case 94:
      return AddColumn(schema, "_snapshots", "dev_version", "text") +
             AddColumn(schema, "_snapshots", "fingerprint", "text");
    case 96:
      return Cat("DROP TABLE IF EXISTS ", store::Qualified(schema, "_plan_dags"), ";\n");
    case 99:
      return AddColumn(schema, "_intervals", "last_altered_ts", "bigint");
    default:
      return "";
  }
}

}  // namespace stateserver::migrations
