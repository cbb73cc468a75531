// SPDX-License-Identifier: Apache-2.0
//
// The structure of the state tables in a restore point. PostgreSQL writes and reads the manifest's
// JSON. Only for use inside this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::restore_points {

struct TableShape {
  std::string table;
  // Quoted names, comma-separated, in the order of the COPY lines.
  std::string columns;
  // The same names individually; set only by LiveTables.
  std::vector<std::string> column_names;
  int64_t rows = 0;
  // {"table", "columns": [{"name", "type", "not_null"}], "primary_key", "indexes"}, without "rows".
  std::string json;
  // `"name" type, …` for CREATE TABLE, and the quoted names of the primary key; set only by
  // ManifestTables.
  std::string definitions;
  std::string primary_key;
};

// Returns the existing state tables of any known SQLMesh release in `schema`, and those named
// `more`, sorted by name.
absl::StatusOr<std::vector<TableShape>> LiveTables(postgres::Session& session,
                                                   const std::string& schema,
                                                   const std::vector<std::string>& more);

// Returns the JSON array with "rows" added. `_versions` also gets "origin", the transaction of the
// last migration of the copied state, and "origin_after", that of the state which the operation
// restores; both are left out if they are empty. See FindOrigin.
std::string ManifestJson(const std::vector<TableShape>& tables, const std::string& origin,
                         const std::string& origin_after);

// Returns the tables of a restore point, sorted by name, without `json`.
absl::StatusOr<std::vector<TableShape>> ManifestTables(postgres::Session& session,
                                                       const std::string& id);

// ColumnDifference is a column that differs between the manifest and the live tables.
struct ColumnDifference {
  std::string table;
  std::string column;
  // Empty if the column does not exist there.
  std::string held_type;
  std::string live_type;
  bool not_null = false;  // in the manifest
  bool in_key = false;    // part of the manifest's primary key
};

// Returns the differences in the state tables of any known release and in the tables of the
// manifest, sorted by table and column.
absl::StatusOr<std::vector<ColumnDifference>> ManifestDifferences(postgres::Session& session,
                                                                  const std::string& id,
                                                                  const std::string& schema);

// Returns CREATE INDEX statements for the manifest's indexes that its tables lack.
absl::StatusOr<std::vector<std::string>> MissingIndexes(postgres::Session& session,
                                                        const std::string& id,
                                                        const std::string& schema);

}  // namespace stateserver::restore_points
