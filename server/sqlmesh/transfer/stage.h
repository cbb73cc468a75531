// SPDX-License-Identifier: Apache-2.0
//
// The rows of an import before they reach the state tables: temporary tables
// of the import's own session, filled by COPY, without index or WAL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/records/environment_codec.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::transfer {

// Which of an environment's lists an item belongs to.
enum class ListKind { kSnapshots = 0, kPreviousFinalized = 1, kPromoted = 2 };

// Not thread-safe. The session's transaction drops the tables when it ends.
class Stage {
 public:
  // `session` is in a transaction.
  static absl::StatusOr<std::unique_ptr<Stage>> Create(postgres::Session& session);

  absl::Status AddSnapshot(const state::DecodedSnapshot& snapshot);
  absl::Status AddEnvironment(const state::DecodedEnvironment& environment);
  // A run of elements joined with ", "; `reference` names the snapshot of a
  // single element that was not seen among the file's snapshots so far.
  struct Reference {
    std::string_view name;
    std::string_view identifier;
  };
  absl::Status AddItems(std::string_view environment, ListKind list, std::string_view items,
                        std::optional<Reference> reference);
  // Sends what is buffered; call it after the last record.
  absl::Status Flush();

 private:
  enum Table { kSnapshotRows, kIntervalRows, kEnvironmentRows, kItemRows, kTables };

  explicit Stage(postgres::Session& session) : session_(session) {}
  absl::Status Add(Table table, std::string line);
  absl::Status Flush(Table table);

  postgres::Session& session_;
  std::vector<std::string> lines_[kTables];
  size_t bytes_[kTables] = {};
  int64_t next_item_ = 0;
};

}  // namespace stateserver::transfer
