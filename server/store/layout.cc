#include "server/store/layout.h"

#include "common/text.h"
#include "server/postgres/session.h"

namespace stateserver::store {

const Versions& NewestVersions() {
  static const Versions& versions = *new Versions{102, "30.8.0", "0.236.4"};
  return versions;
}

Layout::Layout(int version)
    : schema_version(version),
      interval_pending_restatement(version >= 66),
      auto_restatements(version >= 66),
      interval_dev_version(version >= 71),
      environment_statements(version >= 72),
      environment_gateway_managed(version >= 79),
      snapshot_forward_only(version >= 90),
      snapshot_dev_version(version >= 94),
      interval_last_altered(version >= 99) {}

const std::vector<std::string>& StateTables() {
  static const auto& tables =
      *new std::vector<std::string>{"_versions",  "_snapshots",         "_environments",
                                    "_intervals", "_auto_restatements", "_environment_statements"};
  return tables;
}

std::string Qualified(std::string_view schema, std::string_view table) {
  return Cat(postgres::QuoteName(schema), ".", postgres::QuoteName(table));
}

std::string CreateTablesSql(std::string_view schema) {
  auto create = [&](std::string_view table, std::string_view columns) {
    return Cat("CREATE TABLE ", Qualified(schema, table), " (", columns, ");\n");
  };
  auto index = [&](std::string_view table, std::string_view columns, std::string_view name) {
    return Cat("CREATE INDEX ", postgres::QuoteName(name), " ON ", Qualified(schema, table), " (",
               columns, ");\n");
  };
  std::string sql;
  sql += create("_snapshots",
                "name text NOT NULL, identifier text NOT NULL, version text, snapshot text, "
                "kind_name text, updated_ts bigint, unpaused_ts bigint, ttl_ms bigint, "
                "unrestorable boolean, forward_only boolean, dev_version text, fingerprint text, "
                "PRIMARY KEY (name, identifier)");
  sql += index("_snapshots", "name, version", "_snapshots_name_version_idx");
  sql += create("_environments",
                "name text NOT NULL, snapshots text, start_at text, end_at text, plan_id text, "
                "previous_plan_id text, expiration_ts bigint, finalized_ts bigint, "
                "promoted_snapshot_ids text, suffix_target text, catalog_name_override text, "
                "previous_finalized_snapshots text, normalize_name boolean, requirements text, "
                "gateway_managed boolean, PRIMARY KEY (name)");
  sql += create("_intervals",
                "id text NOT NULL, created_ts bigint, name text, identifier text, version text, "
                "start_ts bigint, end_ts bigint, is_dev boolean, is_removed boolean, "
                "is_compacted boolean, is_pending_restatement boolean, dev_version text, "
                "last_altered_ts bigint, PRIMARY KEY (id)");
  sql += index("_intervals", "name, identifier", "_intervals_name_identifier_idx");
  sql += index("_intervals", "name, version", "_intervals_name_version_idx");
  sql += create("_auto_restatements",
                "snapshot_name text NOT NULL, snapshot_version text NOT NULL, "
                "next_auto_restatement_ts bigint, PRIMARY KEY (snapshot_name, snapshot_version)");
  sql += create("_environment_statements",
                "environment_name text NOT NULL, plan_id text, environment_statements text, "
                "PRIMARY KEY (environment_name)");
  sql += create("_versions", "schema_version integer, sqlglot_version text, sqlmesh_version text");
  return sql;
}

}  // namespace stateserver::store
