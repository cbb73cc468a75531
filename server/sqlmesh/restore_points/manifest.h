// SPDX-License-Identifier: Apache-2.0
//
// The shape of the state tables a restore point holds. PostgreSQL writes and
// reads the manifest's JSON; only for the files of this folder.
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
  // The same one by one; only of LiveTables.
  std::vector<std::string> column_names;
  int64_t rows = 0;
  // {"table", "columns": [{"name", "type", "not_null"}], "primary_key",
  // "indexes"}, without "rows".
  std::string json;
  // `"name" type, …` for CREATE TABLE, and the quoted names of the primary key;
  // only of ManifestTables.
  std::string definitions;
  std::string primary_key;
};

// The state tables of any SQLMesh release that exist in `schema`, by name.
absl::StatusOr<std::vector<TableShape>> LiveTables(postgres::Session& session,
                                                   const std::string& schema);

// The JSON array with "rows" added.
std::string ManifestJson(const std::vector<TableShape>& tables);

// The tables of a restore point, by name, without `json`.
absl::StatusOr<std::vector<TableShape>> ManifestTables(postgres::Session& session,
                                                       const std::string& id);

// A column that the manifest and the live tables do not both have so.
struct ColumnDifference {
  std::string table;
  std::string column;
  // Empty where it is not there.
  std::string held_type;
  std::string live_type;
  bool not_null = false;  // in the manifest
  bool in_key = false;    // of the manifest
};

// By table and column.
absl::StatusOr<std::vector<ColumnDifference>> ManifestDifferences(postgres::Session& session,
                                                                  const std::string& id,
                                                                  const std::string& schema);

// CREATE INDEX statements for the manifest's indexes that its tables lack.
absl::StatusOr<std::vector<std::string>> MissingIndexes(postgres::Session& session,
                                                        const std::string& id,
                                                        const std::string& schema);

}  // namespace stateserver::restore_points
