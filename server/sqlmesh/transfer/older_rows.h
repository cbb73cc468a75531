// SPDX-License-Identifier: Apache-2.0
//
// Rows of a state of an older schema version, written by COPY into tables that
// nobody else sees.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/snapshot_key.h"

namespace stateserver::transfer {

// Not thread-safe. `session` is in a transaction; `schema` holds empty tables of
// `layout`.
class OlderRows {
 public:
  // `now` (epoch ms) is the creation time of the interval rows.
  OlderRows(postgres::Session& session, std::string schema, const store::Layout& layout,
            int64_t now);

  // The rows that SQLMesh's own import of that release makes of the snapshot.
  absl::Status AddSnapshot(const state::DecodedSnapshot& snapshot);

  // The value of `environments.NAME` of a state file. RECORD_INVALID names the
  // environment and the field.
  absl::Status AddEnvironment(std::string_view name, std::string_view json, bool* has_statements);

  // Sends what is buffered and has PostgreSQL look at the tables.
  absl::Status Finish();

 private:
  enum Table { kSnapshots, kIntervals, kAutoRestatements, kEnvironments, kStatements, kTables };

  absl::Status AddIntervals(const state::DecodedSnapshot& snapshot);
  absl::Status Add(Table table, std::string line);
  absl::Status Flush(Table table);
  std::string Target(Table table) const;

  postgres::Session& session_;
  const std::string schema_;
  const store::Layout layout_;
  const int64_t now_;
  simdjson::dom::parser parser_;
  SnapshotKeySet restatements_;  // (name, version)
  std::vector<std::string> lines_[kTables];
  size_t bytes_[kTables] = {};
};

}  // namespace stateserver::transfer
