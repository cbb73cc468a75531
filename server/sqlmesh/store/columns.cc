// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/columns.h"

#include <array>
#include <set>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::store {
namespace {

constexpr std::array kColumns = {
    StateColumn{"_versions", "schema_version", ColumnType::kNumber, 60},
    StateColumn{"_versions", "sqlglot_version", ColumnType::kText, 60},
    StateColumn{"_versions", "sqlmesh_version", ColumnType::kText, 60},
    StateColumn{"_snapshots", "name", ColumnType::kText, 60},
    StateColumn{"_snapshots", "identifier", ColumnType::kText, 60},
    StateColumn{"_snapshots", "version", ColumnType::kText, 60},
    StateColumn{"_snapshots", "snapshot", ColumnType::kText, 60},
    StateColumn{"_snapshots", "kind_name", ColumnType::kText, 60},
    StateColumn{"_snapshots", "updated_ts", ColumnType::kNumber, 60},
    StateColumn{"_snapshots", "unpaused_ts", ColumnType::kNumber, 60},
    StateColumn{"_snapshots", "ttl_ms", ColumnType::kNumber, 60},
    StateColumn{"_snapshots", "unrestorable", ColumnType::kFlag, 60},
    StateColumn{"_snapshots", "forward_only", ColumnType::kFlag, 90},
    StateColumn{"_snapshots", "dev_version", ColumnType::kText, 94, false},
    StateColumn{"_snapshots", "fingerprint", ColumnType::kText, 94, false},
    StateColumn{"_environments", "name", ColumnType::kText, 60},
    StateColumn{"_environments", "snapshots", ColumnType::kText, 60},
    StateColumn{"_environments", "start_at", ColumnType::kText, 60},
    StateColumn{"_environments", "end_at", ColumnType::kText, 60},
    StateColumn{"_environments", "plan_id", ColumnType::kText, 60},
    StateColumn{"_environments", "previous_plan_id", ColumnType::kText, 60},
    StateColumn{"_environments", "expiration_ts", ColumnType::kNumber, 60},
    StateColumn{"_environments", "finalized_ts", ColumnType::kNumber, 60},
    StateColumn{"_environments", "promoted_snapshot_ids", ColumnType::kText, 60},
    StateColumn{"_environments", "suffix_target", ColumnType::kText, 60},
    StateColumn{"_environments", "catalog_name_override", ColumnType::kText, 60},
    StateColumn{"_environments", "previous_finalized_snapshots", ColumnType::kText, 60},
    StateColumn{"_environments", "normalize_name", ColumnType::kFlag, 60},
    StateColumn{"_environments", "requirements", ColumnType::kText, 60},
    StateColumn{"_environments", "gateway_managed", ColumnType::kFlag, 79},
    StateColumn{"_intervals", "id", ColumnType::kText, 60, false},
    StateColumn{"_intervals", "created_ts", ColumnType::kNumber, 60},
    StateColumn{"_intervals", "name", ColumnType::kText, 60},
    StateColumn{"_intervals", "identifier", ColumnType::kText, 60},
    StateColumn{"_intervals", "version", ColumnType::kText, 60},
    StateColumn{"_intervals", "start_ts", ColumnType::kNumber, 60},
    StateColumn{"_intervals", "end_ts", ColumnType::kNumber, 60},
    StateColumn{"_intervals", "is_dev", ColumnType::kFlag, 60},
    StateColumn{"_intervals", "is_removed", ColumnType::kFlag, 60},
    StateColumn{"_intervals", "is_compacted", ColumnType::kFlag, 60, false},
    StateColumn{"_intervals", "is_pending_restatement", ColumnType::kFlag, 66},
    StateColumn{"_intervals", "dev_version", ColumnType::kText, 71},
    StateColumn{"_intervals", "last_altered_ts", ColumnType::kNumber, 99},
    StateColumn{"_auto_restatements", "snapshot_name", ColumnType::kText, 66},
    StateColumn{"_auto_restatements", "snapshot_version", ColumnType::kText, 66},
    StateColumn{"_auto_restatements", "next_auto_restatement_ts", ColumnType::kNumber, 66},
    StateColumn{"_environment_statements", "environment_name", ColumnType::kText, 72},
    StateColumn{"_environment_statements", "plan_id", ColumnType::kText, 72},
    StateColumn{"_environment_statements", "environment_statements", ColumnType::kText, 72},
};

constexpr std::string_view kBackupSuffix = "_backup";

bool IsKnownTable(std::string_view table) {
  if (table == "_plan_dags") return true;
  for (const StateColumn& column : kColumns) {
    if (column.table == table) return true;
  }
  return false;
}

bool IsAdditional(std::string_view table) {
  return table.starts_with('_') && !table.ends_with(kBackupSuffix) && !IsKnownTable(table);
}

std::vector<std::string> AdditionalTables(const LiveColumns& live) {
  std::vector<std::string> tables;
  for (const auto& [column, type] : live) {
    const std::string& table = column.first;
    if (IsAdditional(table) && (tables.empty() || tables.back() != table)) tables.push_back(table);
  }
  return tables;
}

// `problem` is a clause such as "is missing".
absl::Status Unreadable(const StateColumn& column, const Versions& versions,
                        std::string_view problem) {
  return Error(
      Reason::STATE_AHEAD,
      Cat("The state has schema version ", versions.schema_version,
          ", which this server does not know, and column ", column.name, " of table ", column.table,
          ", which the server reads, ", problem),
      Cat("Install a release of stateserver that knows SQLMesh ", versions.sqlmesh_version, "."),
      {{"table", std::string(column.table)},
       {"column", std::string(column.name)},
       {"schema_version", Cat(versions.schema_version)}});
}

absl::Status CheckReadColumns(const LiveColumns& live, const Versions& versions) {
  for (const StateColumn& column : kColumns) {
    if (!column.read) continue;
    auto found = live.find({std::string(column.table), std::string(column.name)});
    if (found == live.end()) {
      return Unreadable(column, versions,
                        HasTable(live, column.table) ? "is missing" : "is missing with its table");
    }
    if (!Fits(column.type, found->second)) {
      return Unreadable(column, versions,
                        Cat("has the type ", found->second, " instead of ", TypeName(column.type)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::span<const StateColumn> StateColumns() { return kColumns; }

bool Fits(ColumnType type, std::string_view name) {
  switch (type) {
    case ColumnType::kText:
      return name == "text" || name.starts_with("character varying");
    case ColumnType::kNumber:
      return name == "bigint" || name == "integer";
    case ColumnType::kFlag:
      return name == "boolean";
  }
  return false;
}

std::string_view TypeName(ColumnType type) {
  return type == ColumnType::kText ? "text" : type == ColumnType::kNumber ? "bigint" : "boolean";
}

absl::StatusOr<LiveColumns> ReadColumns(postgres::Session& session, std::string_view schema,
                                        bool with_views) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query(Cat("SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)"
                        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
                        "  AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p'",
                        with_views ? ", 'v'" : "", ") AND ",
                        schema == "pg_temp" ? "n.oid = pg_my_temp_schema() AND $1::text <> ''"
                                            : "n.nspname = $1"),
                    {std::string(schema)}));
  LiveColumns live;
  for (size_t i = 0; i < rows.rows(); ++i) {
    live[{std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1))}] = rows.Text(i, 2);
  }
  return live;
}

bool HasTable(const LiveColumns& live, std::string_view table) {
  auto first = live.lower_bound({std::string(table), ""});
  return first != live.end() && first->first.first == table;
}

absl::StatusOr<UnknownParts> InspectNewerState(postgres::Session& session, std::string_view schema,
                                               const Versions& versions) {
  UnknownParts parts;
  if (!IsNewerSchema(versions)) return parts;
  ASSIGN_OR_RETURN(LiveColumns live, ReadColumns(session, schema, /*with_views=*/true));
  RETURN_IF_ERROR(CheckReadColumns(live, versions));
  std::set<std::pair<std::string_view, std::string_view>> known;
  for (const StateColumn& column : kColumns) known.insert({column.table, column.name});
  for (const auto& [column, type] : live) {
    const auto& [table, name] = column;
    if (table == "_plan_dags" || !IsKnownTable(table) || known.contains({table, name})) continue;
    parts.columns.push_back(Cat(table, ".", name));
  }
  parts.tables = AdditionalTables(live);
  return parts;
}

absl::StatusOr<std::vector<std::string>> AdditionalTables(postgres::Session& session,
                                                          std::string_view schema) {
  ASSIGN_OR_RETURN(LiveColumns live, ReadColumns(session, schema));
  return AdditionalTables(live);
}

absl::StatusOr<std::vector<std::string>> AdditionalBackedUpTables(postgres::Session& session,
                                                                  std::string_view schema) {
  ASSIGN_OR_RETURN(LiveColumns live, ReadColumns(session, schema));
  std::vector<std::string> tables;
  for (const auto& [column, type] : live) {
    std::string_view name = column.first;
    if (!name.ends_with(kBackupSuffix)) continue;
    name.remove_suffix(kBackupSuffix.size());
    bool seen = !tables.empty() && tables.back() == name;
    if (IsAdditional(name) && !seen) tables.emplace_back(name);
  }
  return tables;
}

}  // namespace stateserver::store
