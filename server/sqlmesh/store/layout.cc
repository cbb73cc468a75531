// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/layout.h"

#include <initializer_list>
#include <utility>

#include "common/text.h"
#include "common/uuid.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/releases.h"

namespace stateserver::store {

static_assert(state::kCodecSchemaVersion >= kNewestGroup.schema,
              "releases_table.inc names a release whose records the codec does not write");

const Versions& NewestVersions() {
  static const Versions& versions =
      *new Versions{kNewestGroup.schema, std::string(kNewestGroup.sqlglot),
                    std::string(LastRelease(kNewestGroup))};
  return versions;
}

Layout::Layout(int version)
    : schema_version(version),
      auto_restatements(version >= 66),
      environment_statements(version >= 72),
      environment_gateway_managed(version >= 79),
      snapshot_forward_only(version >= 90),
      snapshot_dev_version(version >= 94),
      plan_dags(version < 96),
      renamed_primary_keys(version < 96),
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

namespace {

// TableWriter writes the statements for one schema.
class TableWriter {
 public:
  TableWriter(std::string_view schema, const Layout& layout) : schema_(schema) {
    // Eight letters and digits, the same for all tables.
    if (layout.renamed_primary_keys) part_ = Cat("__", NewHexId().substr(0, 8));
  }

  void Create(std::string_view table, std::string_view columns, std::string_view key = {},
              bool renamed = false) {
    AppendTo(&sql_, "CREATE TABLE ", Qualified(schema_, table), " (", columns);
    if (!key.empty()) {
      std::string name = Cat(table, renamed ? part_ : "", "_pkey");
      AppendTo(&sql_, ", CONSTRAINT ", postgres::QuoteName(name), " PRIMARY KEY (", key, ")");
    }
    AppendTo(&sql_, ");\n");
  }

  void Index(std::string_view table, std::string_view columns, std::string_view name) {
    AppendTo(&sql_, "CREATE INDEX ", postgres::QuoteName(name), " ON ", Qualified(schema_, table),
             " (", columns, ");\n");
  }

  std::string Take() { return std::move(sql_); }

 private:
  const std::string_view schema_;
  std::string part_;
  std::string sql_;
};

// Columns that were added later follow the others.
std::string WithLater(std::string_view columns,
                      std::initializer_list<std::pair<bool, std::string_view>> later) {
  std::string out(columns);
  for (const auto& [there, column] : later) {
    if (there) AppendTo(&out, ", ", column);
  }
  return out;
}

}  // namespace

std::string CreateTablesSql(std::string_view schema, const Layout& layout) {
  TableWriter writer(schema, layout);
  writer.Create("_snapshots",
                WithLater("name text NOT NULL, identifier text NOT NULL, version text, "
                          "snapshot text, kind_name text, updated_ts bigint, unpaused_ts bigint, "
                          "ttl_ms bigint, unrestorable boolean",
                          {{layout.snapshot_forward_only, "forward_only boolean"},
                           {layout.snapshot_dev_version, "dev_version text, fingerprint text"}}),
                "name, identifier", /*renamed=*/true);
  writer.Index("_snapshots", "name, version", "_snapshots_name_version_idx");
  writer.Create("_environments",
                WithLater("name text NOT NULL, snapshots text, start_at text, end_at text, "
                          "plan_id text, previous_plan_id text, expiration_ts bigint, "
                          "finalized_ts bigint, promoted_snapshot_ids text, suffix_target text, "
                          "catalog_name_override text, previous_finalized_snapshots text, "
                          "normalize_name boolean, requirements text",
                          {{layout.environment_gateway_managed, "gateway_managed boolean"}}),
                "name", /*renamed=*/true);
  writer.Create("_intervals",
                WithLater("id text NOT NULL, created_ts bigint, name text, identifier text, "
                          "version text, start_ts bigint, end_ts bigint, is_dev boolean, "
                          "is_removed boolean, is_compacted boolean, "
                          "is_pending_restatement boolean, dev_version text",
                          {{layout.interval_last_altered, "last_altered_ts bigint"}}),
                "id", /*renamed=*/true);
  writer.Index("_intervals", "name, identifier", "_intervals_name_identifier_idx");
  writer.Index("_intervals", "name, version", "_intervals_name_version_idx");
  if (layout.plan_dags) {
    writer.Create("_plan_dags", "request_id text NOT NULL, dag_id text, dag_spec text",
                  "request_id");
    writer.Index("_plan_dags", "dag_id", "dag_id_idx");
  }
  writer.Create("_auto_restatements",
                "snapshot_name text NOT NULL, snapshot_version text NOT NULL, "
                "next_auto_restatement_ts bigint",
                "snapshot_name, snapshot_version");
  writer.Create("_environment_statements",
                "environment_name text NOT NULL, plan_id text, environment_statements text",
                "environment_name");
  writer.Create("_versions", "schema_version integer, sqlglot_version text, sqlmesh_version text");
  return writer.Take();
}

absl::Status CreateState(postgres::Session& session, std::string_view schema,
                         const Versions& versions) {
  // Checked first, because IF NOT EXISTS needs the right to create a schema even if it exists.
  ASSIGN_OR_RETURN(
      postgres::Result exists,
      session.Query("SELECT 1 FROM pg_namespace WHERE nspname = $1", {std::string(schema)}));
  if (exists.rows() == 0) {
    RETURN_IF_ERROR(session.Execute(Cat("CREATE SCHEMA ", postgres::QuoteName(schema))));
  }
  RETURN_IF_ERROR(session.Execute(CreateTablesSql(schema, Layout(versions.schema_version))));
  return session
      .Query(Cat("INSERT INTO ", Qualified(schema, "_versions"),
                 " (schema_version, sqlglot_version, sqlmesh_version) VALUES ($1::int, $2, $3)"),
             {Cat(versions.schema_version), versions.sqlglot_version, versions.sqlmesh_version})
      .status();
}

}  // namespace stateserver::store
