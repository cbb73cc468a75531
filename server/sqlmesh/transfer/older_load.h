// SPDX-License-Identifier: Apache-2.0
//
// A state file of an older release, record by record, into tables of its own
// schema version.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/sha256.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/importer.h"
#include "server/sqlmesh/transfer/older_rows.h"
#include "server/sqlmesh/transfer/record.h"
#include "server/sqlmesh/transfer/snapshot_key.h"

namespace stateserver::transfer {

// Not thread-safe. `session` is in a transaction; `schema` holds the empty
// tables. Memory: the longest record, and 16 bytes a snapshot.
class OlderLoad {
 public:
  OlderLoad(postgres::Session& session, std::string schema, int schema_version, int64_t now);

  // STREAM_OUT_OF_ORDER, RECORD_TOO_LARGE, RECORD_INVALID, RECORD_DUPLICATE,
  // each naming the record.
  absl::Status Part(const RecordPart& part);

  // CHECKSUM_MISMATCH when something else arrived than was sent.
  absl::Status Finish(const ImportTotals& totals);

  const Counts& counts() const { return counts_; }
  std::vector<Note> Notes() const;

 private:
  absl::Status Record(std::string_view json);
  absl::Status Snapshot(std::string_view json);
  absl::Status Environment(std::string_view json);

  const int schema_version_;
  OlderRows rows_;
  state::SnapshotCodec codec_;
  SnapshotKeySet snapshots_;
  SnapshotKeySet environments_;
  Counts counts_;
  NoteCounter hydrated_seeds_;
  Sha256 checksum_;
  // The record under way.
  bool in_record_ = false;
  Section section_ = Section::kSnapshots;
  std::string name_;
  std::string pending_;
};

}  // namespace stateserver::transfer
