// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/sqlmesh_keys.h"

namespace stateserver::config {

using Names = std::set<std::string>;

const Names& SqlmeshConnectionTypes() {
  static const Names names = {"athena",    "azuresql", "bigquery",  "clickhouse",   "databricks",
                              "db2",       "duckdb",   "fabric",    "gcp_postgres", "motherduck",
                              "mssql",     "mysql",    "postgres",  "redshift",     "risingwave",
                              "snowflake", "spark",    "starrocks", "trino"};
  return names;
}

const Names& SqlmeshCommonConnectionKeys() {
  static const Names names = {
      "catalog_type_overrides", "concurrent_tasks",       "pre_ping", "pretty_sql",
      "register_comments",      "schema_differ_overrides"};
  return names;
}

const Names& SqlmeshUnusedGatewayKeys() {
  static const Names names = {"model_defaults", "scheduler", "test_connection", "variables"};
  return names;
}

const Names& SqlmeshTopLevelKeys() {
  static const Names names = {
      "after_all",
      "before_all",
      "cache_dir",
      "cicd_bot",
      "dbt",
      "default_connection",
      "default_scheduler",
      "default_target_environment",
      "default_test_connection",
      "disable_anonymized_analytics",
      "env_vars",
      "environment_catalog_mapping",
      "environment_suffix_target",
      "environment_ttl",
      "format",
      "gateway_managed_virtual_layer",
      "ignore_patterns",
      "infer_python_dependencies",
      "janitor",
      "linter",
      "loader",
      "loader_kwargs",
      "log_limit",
      "migration",
      "model_defaults",
      "model_naming",
      "notification_targets",
      "physical_schema_mapping",
      "physical_schema_override",
      "physical_table_naming_convention",
      "pinned_environments",
      "plan",
      "project",
      "run",
      "snapshot_ttl",
      "time_column_format",
      "ui",
      "username",
      "users",
      "variables",
      "virtual_environment_mode",
  };
  return names;
}

}  // namespace stateserver::config
