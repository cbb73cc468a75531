// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/steps.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/python_env.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"
#include "server/sqlmesh/migrations/steps/snapshot_pass.h"
#include "server/sqlmesh/migrations/steps/tables.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/releases.h"

namespace stateserver::migrations {

namespace {

std::string AddColumn(std::string_view schema, std::string_view table, std::string_view column,
                      std::string_view type) {
  return Cat("ALTER TABLE ", store::Qualified(schema, table), " ADD COLUMN ", column, " ", type,
             ";\n");
}

// As in SQLMesh, all rows are false and the column has no default. A temporary default avoids
// rewriting the rows.
std::string AddFalse(std::string_view schema, std::string_view table, std::string_view column) {
  return Cat(AddColumn(schema, table, column, "boolean DEFAULT false"), "ALTER TABLE ",
             store::Qualified(schema, table), " ALTER COLUMN ", column, " DROP DEFAULT;\n");
}

// `sqlmesh rollback` leaves these two tables behind, so they may exist.
std::string CreateTable(std::string_view schema, std::string_view table, std::string_view columns) {
  return Cat("CREATE TABLE IF NOT EXISTS ", store::Qualified(schema, table), " (", columns, ");\n");
}

constexpr int kFirst = 61;
constexpr int kLast = 102;
static_assert(kLast >= store::kNewestGroup.schema,
              "releases_table.inc names a release whose migrations have no steps here");

absl::Status ChangeTables(postgres::Session& session, const SchemaRun& run) {
  std::string sql;
  for (const Step& step : Steps()) {
    if (step.number > run.from) sql += DefinitionSql(step.number, run.schema);
  }
  return sql.empty() ? absl::OkStatus() : session.Execute(sql);
}

// Compares values, regardless of how their strings are escaped.
bool Same(Draft& a, Draft& b) {
  if (a.IsString() && b.IsString()) return a.Text() == b.Text();
  return a.raw() == b.raw();
}

absl::StatusOr<bool> IsOfDbt(SnapshotRow& row) {
  ASSIGN_OR_RETURN(Draft * macros, row.Object(row.node(), "jinja_macros", "node.jinja_macros"));
  Draft* module = macros == nullptr ? nullptr : macros->Find("create_builtins_module");
  return module != nullptr && module->Text() == "sqlmesh.dbt";
}

bool HasText(Draft& node, std::string_view key, std::string_view text) {
  Draft* value = node.Find(key);
  return value != nullptr && value->IsString() && value->Text() == text;
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

const std::vector<Step>& Steps() {
  static const auto& steps = *new std::vector<Step>{
      {61, "Types of MySQL's text columns"},
      {62, "Gateway of a model"},
      {63, "Signals as calls"},
      {64, "when_matched as one text"},
      {65, "optimize_query of a model"},
      {66, "Table of auto restatements, pending intervals"},
      {67, "Precision of T-SQL dates"},
      {68, "Unrendered query in the metadata hash"},
      {69, "Dev table suffix, dev_version"},
      {70, "Grains in the metadata hash"},
      {71, "Dev version of intervals"},
      {72, "Table of environment statements"},
      {73, "No disable_restatement for embedded and external models"},
      {74, "partition_by_time_column"},
      {75, "No validate_query"},
      {76, "Time zone of cron"},
      {77, "Column types in the model's dialect"},
      {78, "Metadata-only macros"},
      {79, "Environments whose gateways create the views"},
      {80, "Batch size of SCD type 2 models"},
      {81, "partitioned_by without parentheses"},
      {82, "Duplicate statements"},
      {83, "Time data type of SCD type 2 models"},
      {84, "Normalized when_matched and merge_filter"},
      {85, "Sorted variables"},
      {86, "Dictionaries in random order"},
      {87, "Blueprint variables in lower case"},
      {88, "Unused and metadata-only variables"},
      {89, "Virtual environment mode"},
      {90, "Column forward_only"},
      {91, "on_additive_change"},
      {92, "Column types of dbt models"},
      {93, "Raw SQL in hashes"},
      {94, "Columns dev_version and fingerprint"},
      {95, "Config blocks of dbt models"},
      {96, "No table of plan DAGs"},
      {97, "dbt_name of a node"},
      {98, "dbt_node_info of a node"},
      {99, "Last change of a table, of intervals"},
      {100, "Grants"},
      {101, "Arguments of own audits"},
      {102, "Python definitions as Python writes them"},
  };
  return steps;
}

absl::StatusOr<SchemaReport> RunSchemaSteps(postgres::Session& session, const SchemaRun& run) {
  if (run.from < kFirst - 1 || run.from > kLast) {
    return Error(Reason::INTERNAL, Cat("No steps lead from schema version ", run.from));
  }
  SchemaReport out;
  std::vector<StepReport>& reports = out.steps;
  for (const Step& step : Steps()) {
    if (step.number > run.from) reports.push_back({step.number, step.title, 0, {}});
  }
  if (reports.empty()) return out;
  auto report = [&](int number) { return &reports[static_cast<size_t>(number - run.from - 1)]; };
  RETURN_IF_ERROR(ChangeTables(session, run));
  ASSIGN_OR_RETURN(out.forms, SnapshotPass(session, run, report).MigrateSnapshots());
  if (run.from < 69) RETURN_IF_ERROR(RenameInEnvironments(session, run, report(69)));
  if (run.from < 71) RETURN_IF_ERROR(CleanIntervals(session, run, report(71)));
  return out;
}

absl::StatusOr<bool> RepeatsStatement(SnapshotRow& row) {
  Draft& node = row.node();
  if (!HasText(node, "source_type", "sql")) return false;
  ASSIGN_OR_RETURN(Draft * before, row.Array(node, "pre_statements", "node.pre_statements"));
  ASSIGN_OR_RETURN(Draft * after, row.Array(node, "post_statements", "node.post_statements"));
  Draft* query = node.Find("query");
  if (query == nullptr) return row.Corrupt("node.query", "is missing");
  std::vector<Draft*> statements;
  if (before != nullptr) {
    for (Draft& statement : before->items()) statements.push_back(&statement);
  }
  statements.push_back(query);
  if (after != nullptr) {
    for (Draft& statement : after->items()) statements.push_back(&statement);
  }
  return std::adjacent_find(statements.begin(), statements.end(),
                            [](Draft* a, Draft* b) { return Same(*a, *b); }) != statements.end();
}

absl::StatusOr<bool> UsesVariables(SnapshotRow& row) {
  Draft& node = row.node();
  if (HasText(node, "source_type", "audit")) return false;
  ASSIGN_OR_RETURN(Draft * env, row.Object(node, "python_env", "node.python_env"));
  if (env == nullptr) return false;
  if (env->Find(kBlueprintVariables) != nullptr) return true;
  if (env->Find(kVariables) == nullptr) return false;
  for (Draft::Member& entry : env->members()) {
    if (!entry.value.IsObject()) return row.Corrupt(EnvPath(entry.key), "is not a JSON object");
    if (entry.value.FindTruthy("is_metadata") != nullptr) return true;
  }
  for (std::string_view key : {"on_virtual_update", "audits", "signals", "audit_definitions"}) {
    if (node.FindTruthy(key) != nullptr) return true;
  }
  return false;
}

absl::StatusOr<bool> IsDbtWithColumns(SnapshotRow& row) {
  ASSIGN_OR_RETURN(bool of_dbt, IsOfDbt(row));
  return of_dbt && row.node().FindTruthy("columns") != nullptr;
}

absl::StatusOr<bool> IsDbt(SnapshotRow& row) { return IsOfDbt(row); }

}  // namespace stateserver::migrations
