// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/shape_check.h"

#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {
namespace {

enum class Type { kText, kNumber, kFlag };

// Column is derived from SQLMesh's migrations 60 to 102; `since` is the schema version that added
// it.
struct Column {
  std::string_view table;
  std::string_view name;
  Type type;
  int since;
};

constexpr std::array kColumns = {
    Column{"_versions", "schema_version", Type::kNumber, 60},
    Column{"_versions", "sqlglot_version", Type::kText, 60},
    Column{"_versions", "sqlmesh_version", Type::kText, 60},
    Column{"_snapshots", "name", Type::kText, 60},
    Column{"_snapshots", "identifier", Type::kText, 60},
    Column{"_snapshots", "version", Type::kText, 60},
    Column{"_snapshots", "snapshot", Type::kText, 60},
    Column{"_snapshots", "kind_name", Type::kText, 60},
    Column{"_snapshots", "updated_ts", Type::kNumber, 60},
    Column{"_snapshots", "unpaused_ts", Type::kNumber, 60},
    Column{"_snapshots", "ttl_ms", Type::kNumber, 60},
    Column{"_snapshots", "unrestorable", Type::kFlag, 60},
    Column{"_snapshots", "forward_only", Type::kFlag, 90},
    Column{"_snapshots", "dev_version", Type::kText, 94},
    Column{"_snapshots", "fingerprint", Type::kText, 94},
    Column{"_environments", "name", Type::kText, 60},
    Column{"_environments", "snapshots", Type::kText, 60},
    Column{"_environments", "start_at", Type::kText, 60},
    Column{"_environments", "end_at", Type::kText, 60},
    Column{"_environments", "plan_id", Type::kText, 60},
    Column{"_environments", "previous_plan_id", Type::kText, 60},
    Column{"_environments", "expiration_ts", Type::kNumber, 60},
    Column{"_environments", "finalized_ts", Type::kNumber, 60},
    Column{"_environments", "promoted_snapshot_ids", Type::kText, 60},
    Column{"_environments", "suffix_target", Type::kText, 60},
    Column{"_environments", "catalog_name_override", Type::kText, 60},
    Column{"_environments", "previous_finalized_snapshots", Type::kText, 60},
    Column{"_environments", "normalize_name", Type::kFlag, 60},
    Column{"_environments", "requirements", Type::kText, 60},
    Column{"_environments", "gateway_managed", Type::kFlag, 79},
    Column{"_intervals", "id", Type::kText, 60},
    Column{"_intervals", "created_ts", Type::kNumber, 60},
    Column{"_intervals", "name", Type::kText, 60},
    Column{"_intervals", "identifier", Type::kText, 60},
    Column{"_intervals", "version", Type::kText, 60},
    Column{"_intervals", "start_ts", Type::kNumber, 60},
    Column{"_intervals", "end_ts", Type::kNumber, 60},
    Column{"_intervals", "is_dev", Type::kFlag, 60},
    Column{"_intervals", "is_removed", Type::kFlag, 60},
    Column{"_intervals", "is_compacted", Type::kFlag, 60},
    Column{"_intervals", "is_pending_restatement", Type::kFlag, 66},
    Column{"_intervals", "dev_version", Type::kText, 71},
    Column{"_intervals", "last_altered_ts", Type::kNumber, 99},
    Column{"_auto_restatements", "snapshot_name", Type::kText, 66},
    Column{"_auto_restatements", "snapshot_version", Type::kText, 66},
    Column{"_auto_restatements", "next_auto_restatement_ts", Type::kNumber, 66},
    Column{"_environment_statements", "environment_name", Type::kText, 72},
    Column{"_environment_statements", "plan_id", Type::kText, 72},
    Column{"_environment_statements", "environment_statements", Type::kText, 72},
};

// SQLMesh's `rollback` leaves the tables that its migration created. `_plan_dags` is not listed,
// because its existence depends on how a database was created.
bool MayBeLeftBehind(std::string_view table) {
  return table == "_auto_restatements" || table == "_environment_statements";
}

bool Fits(Type type, std::string_view name) {
  switch (type) {
    case Type::kText:
      return name == "text" || name.starts_with("character varying");
    case Type::kNumber:
      return name == "bigint" || name == "integer";
    case Type::kFlag:
      return name == "boolean";
  }
  return false;
}

std::string_view Wanted(Type type) {
  return type == Type::kText ? "text" : type == Type::kNumber ? "bigint" : "boolean";
}

absl::Status Corrupt(std::string_view what, std::string_view table, std::string_view column) {
  return Error(
      Reason::STATE_CORRUPT, what,
      "The tables were changed by hand: undo the change, or restore the state from a backup.",
      {{"table", std::string(table)}, {"column", std::string(column)}});
}

using Live = std::map<std::pair<std::string, std::string>, std::string>;

absl::StatusOr<Live> ReadColumns(postgres::Session& session, const std::string& schema) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.Query("SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)"
                                 " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                                 " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
                                 "  AND NOT a.attisdropped"
                                 " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')",
                                 {schema}));
  Live live;
  for (size_t i = 0; i < rows.rows(); ++i) {
    live[{std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1))}] = rows.Text(i, 2);
  }
  return live;
}

bool Holds(const Live& live, std::string_view table) {
  auto first = live.lower_bound({std::string(table), ""});
  return first != live.end() && first->first.first == table;
}

absl::Status CheckColumn(const Column& column, const Live& live, int schema_version) {
  auto found = live.find({std::string(column.table), std::string(column.name)});
  std::string where = Cat("column ", column.name, " of table ", column.table);
  bool is_due = column.since <= schema_version;
  if (!is_due && MayBeLeftBehind(column.table)) is_due = Holds(live, column.table);
  if (found == live.end()) {
    if (!is_due) return absl::OkStatus();
    std::string missing = Holds(live, column.table) ? where : Cat("table ", column.table);
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
  if (Fits(column.type, found->second)) return absl::OkStatus();
  return Corrupt(
      Cat("The ", where, " has the type ", found->second, " instead of ", Wanted(column.type)),
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
  ASSIGN_OR_RETURN(Live live, ReadColumns(session, schema));
  for (const Column& column : kColumns) {
    RETURN_IF_ERROR(CheckColumn(column, live, schema_version));
  }
  RETURN_IF_ERROR(CheckNull(session, schema));
  RETURN_IF_ERROR(CheckTwice(session, schema, "_snapshots", "name, identifier"));
  return CheckTwice(session, schema, "_environments", "name");
}

}  // namespace stateserver::migrations
