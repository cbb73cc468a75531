// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/shape_check.h"

#include <string_view>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/columns.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {
namespace {

using store::LiveColumns;
using store::StateColumn;

// SQLMesh's `rollback` leaves the tables that its migration created. `_plan_dags` is not listed,
// because its existence depends on how a database was created.
bool MayBeLeftBehind(std::string_view table) {
  return table == "_auto_restatements" || table == "_environment_statements";
}

absl::Status Corrupt(std::string_view what, std::string_view table, std::string_view column) {
  return Error(
      Reason::STATE_CORRUPT, what,
      "The tables were changed by hand: undo the change, or restore the state from a backup.",
      {{"table", std::string(table)}, {"column", std::string(column)}});
}

absl::Status CheckColumn(const StateColumn& column, const LiveColumns& live, int schema_version) {
  auto found = live.find({std::string(column.table), std::string(column.name)});
  std::string where = Cat("column ", column.name, " of table ", column.table);
  bool is_due = column.since <= schema_version;
  if (!is_due && MayBeLeftBehind(column.table)) is_due = store::HasTable(live, column.table);
  if (found == live.end()) {
    if (!is_due) return absl::OkStatus();
    std::string missing = store::HasTable(live, column.table) ? where : Cat("table ", column.table);
    return Corrupt(Cat("Table '_versions' has schema version ", schema_version, ", but ", missing,
                       " is missing"),
                   column.table, column.name);
  }
  if (!is_due) {
    return Corrupt(Cat("Table '_versions' has schema version ", schema_version, ", but ", where,
                       " exists already, although version ", column.since,
                       " adds it: a migration was started by hand"),
                   column.table, column.name);
  }
  if (store::Fits(column.type, found->second)) return absl::OkStatus();
  return Corrupt(Cat("The ", where, " has the type ", found->second, " instead of ",
                     store::TypeName(column.type)),
                 column.table, column.name);
}

// Primary keys prevent both, unless they were dropped.
absl::Status CheckNull(postgres::Session& session, const std::string& schema) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query(Cat("SELECT name, identifier FROM ", store::Qualified(schema, "_snapshots"),
                        " WHERE name IS NULL OR identifier IS NULL ORDER BY 1, 2 LIMIT 1")));
  if (rows.rows() == 0) return absl::OkStatus();
  return Error(Reason::STATE_CORRUPT,
               Cat("Table '_snapshots' holds a row whose name or identifier is NULL (name '",
                   rows.Text(0, 0), "', identifier '", rows.Text(0, 1), "')"),
               "Delete that row, or restore the state from a backup.",
               {{"record", std::string(rows.Text(0, 0))}, {"table", "_snapshots"}});
}

absl::Status CheckTwice(postgres::Session& session, const std::string& schema,
                        std::string_view table, std::string_view key) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query(Cat("SELECT ", key, ", count(*) FROM ", store::Qualified(schema, table),
                        " GROUP BY ", key, " HAVING count(*) > 1 LIMIT 1")));
  if (rows.rows() == 0) return absl::OkStatus();
  std::string row(rows.Text(0, 0));
  Facts facts = {{"record", row}, {"table", std::string(table)}};
  if (table == "_snapshots") {
    facts["identifier"] = std::string(rows.Text(0, 1));
    AppendTo(&row, " (", rows.Text(0, 1), ")");
  }
  return Error(Reason::STATE_CORRUPT, Cat("Table '", table, "' holds ", row, " more than once"),
               "Delete all rows but one, or restore the state from a backup.", facts);
}

}  // namespace

absl::Status CheckShape(postgres::Session& session, const std::string& schema, int schema_version) {
  ASSIGN_OR_RETURN(LiveColumns live, store::ReadColumns(session, schema));
  for (const StateColumn& column : store::StateColumns()) {
    RETURN_IF_ERROR(CheckColumn(column, live, schema_version));
  }
  RETURN_IF_ERROR(CheckNull(session, schema));
  RETURN_IF_ERROR(CheckTwice(session, schema, "_snapshots", "name, identifier"));
  return CheckTwice(session, schema, "_environments", "name");
}

}  // namespace stateserver::migrations
