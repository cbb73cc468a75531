// The shape of the state tables a restore point holds. PostgreSQL writes and
// reads the manifest's JSON; only for the files of this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/postgres/session.h"

namespace stateserver::operations {

struct TableShape {
  std::string table;
  // Quoted names, comma-separated, in the order of the COPY lines.
  std::string columns;
  int64_t rows = 0;
  // {"table", "columns": [{"name", "type", "not_null"}], "primary_key",
  // "indexes"}, without "rows".
  std::string json;
  // `"name" type, …` for CREATE TABLE; only of ManifestTables.
  std::string definitions;
};

// The state tables of any SQLMesh release that exist in `schema`, by name.
absl::StatusOr<std::vector<TableShape>> LiveTables(postgres::Session& session,
                                                   const std::string& schema);

// The JSON array with "rows" added.
std::string ManifestJson(const std::vector<TableShape>& tables);

// The tables of a restore point, by name, without `json`.
absl::StatusOr<std::vector<TableShape>> ManifestTables(postgres::Session& session,
                                                       const std::string& id);

// What tables or columns differ between the manifest and the live tables, for
// a sentence; empty when none.
absl::StatusOr<std::string> ManifestDifference(postgres::Session& session, const std::string& id,
                                               const std::string& schema);

}  // namespace stateserver::operations
