// SPDX-License-Identifier: Apache-2.0
//
// Copies the rows of a table into a restore point over the same session that writes it. A COPY
// would block the session for the chunks. Only for use inside this folder.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/restore_points/chunks.h"
#include "server/sqlmesh/restore_points/manifest.h"

namespace stateserver::restore_points {

// RowFetcher reads rows in bounded pieces. Memory: a few MiB, regardless of the length of a value.
// Not thread-safe.
class RowFetcher {
 public:
  RowFetcher(postgres::Session& session, const std::string& schema, ChunkWriter& writer)
      : session_(session), schema_(schema), writer_(writer) {}

  // Writes the lines that COPY would produce, and counts them. `table` is one of LiveTables.
  absl::Status Copy(TableShape* table);

 private:
  absl::StatusOr<size_t> Fetch(int64_t wanted, TableShape* table);
  absl::Status WriteRow(const postgres::Result& rows, size_t row, const TableShape& table);
  absl::Status WriteLong(std::string_view same_row, const std::string& column,
                         const TableShape& table);

  postgres::Session& session_;
  const std::string& schema_;
  ChunkWriter& writer_;
  int64_t fetched_ = 0;
  std::string line_;
};

}  // namespace stateserver::restore_points
