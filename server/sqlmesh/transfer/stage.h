// SPDX-License-Identifier: Apache-2.0
//
// Staging of an import's rows before they reach the state tables: temporary tables of the import's
// own session, filled by COPY, without index or WAL.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/json/path_splitter.h"
#include "common/json/restyler.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/records/environment_codec.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/transfer/incoming_records.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::transfer {

// ListKind is the list of an environment that an item belongs to.
enum class ListKind { kSnapshots = 0, kPreviousFinalized = 1, kPromoted = 2 };

// Stage writes staged rows. The tables are dropped at the end of the session's transaction. Not
// thread-safe.
class Stage {
 public:
  // Creates the tables. `session` must be in a transaction.
  static absl::StatusOr<std::unique_ptr<Stage>> Create(postgres::Session& session);

  absl::Status AddSnapshot(const state::DecodedSnapshot& snapshot);
  // `key` is the environment's key in the file, which may differ from its name.
  absl::Status AddEnvironment(std::string_view key, const state::DecodedEnvironment& environment);
  // Reference names the snapshot of a single element that has not occurred among the file's
  // snapshots so far. AddItems adds elements joined with ", ".
  struct Reference {
    std::string_view name;
    std::string_view identifier;
  };
  absl::Status AddItems(std::string_view key, ListKind list, std::string_view items,
                        std::optional<Reference> reference);
  // Sends the buffered rows; call it after the last record.
  absl::Status Flush();

 private:
  enum Table { kSnapshotRows, kIntervalRows, kEnvironmentRows, kItemRows, kTables };

  explicit Stage(postgres::Session& session);

  std::vector<postgres::RowBuffer> rows_;  // one per Table
  int64_t next_item_ = 0;
};

// EnvironmentImport stages environments. Call Begin, Feed … and End for each record. Not
// thread-safe.
class EnvironmentImport : public json::SplitHandler {
 public:
  // `known` holds the file's snapshots seen so far. Elements that name another snapshot are staged
  // with their reference, to be resolved at the end. Adds to `unknown_fields`.
  EnvironmentImport(Stage& stage, const SnapshotKeySet& known, UnknownFieldNotes& unknown_fields);

  void Begin(std::string_view name);
  absl::Status Feed(std::string_view json);
  absl::Status End();
  bool has_statements() const { return has_statements_; }

 private:
  absl::Status OnValueBegin(const json::CutValue& value) override;
  absl::Status OnValueBytes(std::string_view piece) override;
  absl::Status OnValueEnd() override;
  struct Id {
    std::string name, identifier;
  };
  absl::StatusOr<Id> CheckElement();
  absl::Status OfRecord(const absl::Status& status) const;
  absl::Status FlushRun();

  Stage& stage_;
  const SnapshotKeySet& known_;
  UnknownFieldNotes& unknown_fields_;
  state::EnvironmentCodec codec_;
  std::unique_ptr<json::PathSplitter> splitter_;
  std::string name_;
  ListKind list_ = ListKind::kSnapshots;
  uint64_t index_ = 0;
  std::string element_;
  std::string spaced_;
  std::string run_;  // elements of list_ that are not staged yet, joined with ", "
  bool has_statements_ = false;
};

}  // namespace stateserver::transfer
