// SPDX-License-Identifier: Apache-2.0
//
// A restore point brought back, whatever shape the tables have by now.
#include <algorithm>
#include <map>
#include <set>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/dependents.h"
#include "server/sqlmesh/restore_points/load.h"
#include "server/sqlmesh/restore_points/manifest.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::operations {
namespace {

struct Plan {
  std::vector<TableShape> held;
  std::vector<std::string> drop;    // tables
  std::vector<std::string> create;  // tables
  std::vector<ColumnDifference> change;

  bool Creates(const std::string& table) const {
    return std::find(create.begin(), create.end(), table) != create.end();
  }
};

absl::StatusOr<Plan> MakePlan(postgres::Session& session, const std::string& schema,
                              const std::string& id) {
  Plan plan;
  ASSIGN_OR_RETURN(plan.held, ManifestTables(session, id));
  ASSIGN_OR_RETURN(std::vector<TableShape> live, LiveTables(session, schema));
  std::set<std::string> held_names, live_names;
  for (const TableShape& table : plan.held) held_names.insert(table.table);
  for (const TableShape& table : live) {
    live_names.insert(table.table);
    if (!held_names.contains(table.table)) plan.drop.push_back(table.table);
  }
  for (const std::string& name : held_names) {
    if (!live_names.contains(name)) plan.create.push_back(name);
  }
  ASSIGN_OR_RETURN(std::vector<ColumnDifference> all, ManifestDifferences(session, id, schema));
  for (ColumnDifference& difference : all) {
    bool in_both = held_names.contains(difference.table) && live_names.contains(difference.table);
    if (in_both) plan.change.push_back(std::move(difference));
  }
  return plan;
}

absl::Status CheckPlan(postgres::Session& session, const std::string& schema, const std::string& id,
                       const Plan& plan) {
  std::map<std::string, std::vector<std::string>> columns;
  for (const ColumnDifference& change : plan.change) {
    if (change.in_key) {
      return Error(
          Reason::RESTORE_POINT_INCOMPATIBLE,
          Cat("restore point ", id, " does not fit: key column ", change.column, " of ",
              change.table, " is ", change.live_type.empty() ? "missing" : change.live_type,
              " now instead of ", change.held_type),
          "Give the column its type back, or export the restore point with `stateclient "
          "export --restore-point`.",
          {{"restore_point", id}, {"table", change.table}, {"column", change.column}});
    }
    if (!change.live_type.empty()) columns[change.table].push_back(change.column);
  }
  std::vector<postgres::Dropped> dropped;
  for (const std::string& table : plan.drop) dropped.push_back({table, {}});
  for (auto& [table, names] : columns) dropped.push_back({table, std::move(names)});
  return postgres::RefuseDependents(session, schema, dropped,
                                    "the restore would drop tables or columns");
}

// Tables are empty by now.
std::string ReshapeSql(const std::string& schema, const Plan& plan) {
  std::string sql;
  for (const std::string& table : plan.drop) {
    AppendTo(&sql, "DROP TABLE ", store::Qualified(schema, table), ";");
  }
  for (const ColumnDifference& change : plan.change) {
    std::string alter = Cat("ALTER TABLE ", store::Qualified(schema, change.table));
    std::string column = postgres::QuoteName(change.column);
    if (!change.live_type.empty()) AppendTo(&sql, alter, " DROP COLUMN ", column, ";");
    if (change.held_type.empty()) continue;
    AppendTo(&sql, alter, " ADD COLUMN ", column, " ", change.held_type,
             change.not_null ? " NOT NULL;" : ";");
  }
  for (const TableShape& table : plan.held) {
    if (!plan.Creates(table.table)) continue;
    AppendTo(&sql, "CREATE TABLE ", store::Qualified(schema, table.table), " (", table.definitions);
    if (!table.primary_key.empty()) AppendTo(&sql, ", PRIMARY KEY (", table.primary_key, ")");
    sql += ");";
  }
  return sql;
}

absl::Status EmptyTables(postgres::Session& session, const std::string& schema, const Plan& plan) {
  for (const TableShape& table : plan.held) {
    if (plan.Creates(table.table)) continue;
    RETURN_IF_ERROR(session.Execute(Cat("DELETE FROM ", store::Qualified(schema, table.table))));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRestorable(postgres::Session& session, const std::string& state_schema,
                             const std::string& id) {
  ASSIGN_OR_RETURN(RestorePoint point, GetRestorePoint(session, state_schema, id));
  ASSIGN_OR_RETURN(Plan plan, MakePlan(session, state_schema, point.id));
  return CheckPlan(session, state_schema, point.id, plan);
}

absl::StatusOr<bool> KeepsShape(postgres::Session& session, const std::string& state_schema,
                                const std::string& id) {
  ASSIGN_OR_RETURN(Plan plan, MakePlan(session, state_schema, id));
  return plan.drop.empty() && plan.create.empty() && plan.change.empty();
}

absl::Status Restore(postgres::Session& session, const std::string& state_schema,
                     const std::string& id) {
  ASSIGN_OR_RETURN(RestorePoint point, GetRestorePoint(session, state_schema, id));
  ASSIGN_OR_RETURN(Plan plan, MakePlan(session, state_schema, point.id));
  RETURN_IF_ERROR(CheckPlan(session, state_schema, point.id, plan));
  RETURN_IF_ERROR(EmptyTables(session, state_schema, plan));
  std::string reshape = ReshapeSql(state_schema, plan);
  if (!reshape.empty()) RETURN_IF_ERROR(session.Execute(reshape));
  RETURN_IF_ERROR(LoadRows(session, postgres::QuoteName(state_schema), plan.held, point.id));
  ASSIGN_OR_RETURN(std::vector<std::string> indexes,
                   MissingIndexes(session, point.id, state_schema));
  for (const std::string& index : indexes) RETURN_IF_ERROR(session.Execute(index));
  return absl::OkStatus();
}

}  // namespace stateserver::operations
