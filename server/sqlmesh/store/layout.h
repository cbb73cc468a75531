// SPDX-License-Identifier: Apache-2.0
//
// The tables and columns of SQLMesh's state at a schema version, and their names. The numbers are
// those of SQLMesh's migrations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"

namespace stateserver::store {

// The oldest schema whose state SQLMesh itself can export (0.171.0).
inline constexpr int kOldestExportableSchema = 77;
// The oldest schema that a migration can start from (0.134.0 to 0.137.1).
inline constexpr int kOldestMigratableSchema = 60;

struct Versions {
  int schema_version = 0;
  std::string sqlglot_version;
  std::string sqlmesh_version;
  bool operator==(const Versions&) const = default;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("schema_version", self.schema_version);
    visit("sqlglot_version", self.sqlglot_version);
    visit("sqlmesh_version", self.sqlmesh_version);
  }
};

// Returns the versions of the newest known release, which `migrate` produces and imports require.
const Versions& NewestVersions();

// Layout describes what a schema version has beyond schema 60. Comments give the version that added
// a member.
struct Layout {
  explicit Layout(int schema_version);
  int schema_version;
  bool auto_restatements;            // 66
  bool environment_statements;       // 72
  bool environment_gateway_managed;  // 79
  bool snapshot_forward_only;        // 90
  bool snapshot_dev_version;         // 94, with fingerprint
  bool plan_dags;                    // up to 95
  // Up to 95, migrations recreated these tables under temporary names, which remain in the names of
  // their primary keys.
  bool renamed_primary_keys;
  bool interval_last_altered;  // 99
};

// Returns the state tables of the newest schema.
const std::vector<std::string>& StateTables();

// Returns `"schema"."table"`.
std::string Qualified(std::string_view schema, std::string_view table);

// Returns statements that create the state tables of `layout` (schema 77 or newer) in `schema`, in
// the form that the SQLMesh of that time creates in an empty database: columns, their order, keys,
// indexes and their names; older names contain a part generated for each database. Does not create
// the schema itself and the _versions row.
std::string CreateTablesSql(std::string_view schema,
                            const Layout& layout = Layout(NewestVersions().schema_version));

// Creates the schema (if missing), the tables and indexes of that schema version, and the
// `_versions` row. The session must be in a transaction.
absl::Status CreateState(postgres::Session& session, std::string_view schema,
                         const Versions& versions);

}  // namespace stateserver::store
