// SPDX-License-Identifier: Apache-2.0
//
// The rows of a table into a restore point over the session that writes it: a
// COPY would not let the chunks pass. Only for the files of this folder.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/restore_points/chunks.h"
#include "server/sqlmesh/restore_points/manifest.h"

namespace stateserver::restore_points {

// Not thread-safe. Memory: a few MiB, however long a value is.
class RowFetcher {
 public:
  RowFetcher(postgres::Session& session, const std::string& schema, ChunkWriter& writer)
      : session_(session), schema_(schema), writer_(writer) {}

  // Writes the lines that COPY would give, and counts them. `table` is one of
  // LiveTables.
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
