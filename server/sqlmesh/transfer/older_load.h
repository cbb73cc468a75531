// SPDX-License-Identifier: Apache-2.0
//
// Loading of an older release's state file, record by record, into tables of its own schema
// version.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/incoming_records.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::transfer {

// OlderRows writes rows. `session` must be in a transaction; `schema` must hold empty tables of
// `layout`. Not thread-safe.
class OlderRows {
 public:
  // `now` (epoch ms) is the creation time of the interval rows.
  OlderRows(postgres::Session& session, std::string schema, const store::Layout& layout,
            int64_t now);

  // Adds the rows that the import of that SQLMesh release would write for the snapshot.
  absl::Status AddSnapshot(const state::DecodedSnapshot& snapshot);

  // Adds the value of `environments.NAME` of a state file, except for unknown fields of the
  // environment itself, which it adds to `unstored`. Returns RECORD_INVALID, naming the environment
  // and the field.
  absl::Status AddEnvironment(std::string_view name, std::string_view json, bool* has_statements,
                              state::UnknownFields* unstored);

  // Sends the buffered rows and updates PostgreSQL's statistics for the tables.
  absl::Status Finish();

 private:
  enum Table { kSnapshots, kIntervals, kAutoRestatements, kEnvironments, kStatements, kTables };

  absl::Status AddIntervals(const state::DecodedSnapshot& snapshot);
  std::string Target(Table table) const;

  postgres::Session& session_;
  const std::string schema_;
  const store::Layout layout_;
  const int64_t now_;
  simdjson::dom::parser parser_;
  SnapshotKeySet restatements_;            // (name, version)
  std::vector<postgres::RowBuffer> rows_;  // one per Table
};

// OlderLoad loads a state file. `session` must be in a transaction; `schema` must hold the empty
// tables. Memory: the longest record, and 16 bytes per snapshot. Not thread-safe.
class OlderLoad : private RecordReceiver {
 public:
  OlderLoad(postgres::Session& session, std::string schema, int schema_version, int64_t now);

  // Adds a part of a record. Returns STREAM_OUT_OF_ORDER, RECORD_TOO_LARGE, RECORD_INVALID or
  // RECORD_DUPLICATE, each naming the record.
  absl::Status Part(const RecordPart& part) { return records_.Add(part); }

  // Returns CHECKSUM_MISMATCH if the received records differ from those sent.
  absl::Status Finish(const SentTotals& totals);

  const Counts& counts() const { return records_.counts(); }
  std::vector<Note> Notes() const;

 private:
  absl::Status OnSnapshot(std::string_view json, std::string_view claimed_identifier) override;
  absl::Status OnEnvironmentBegin(std::string_view name) override;
  absl::Status OnEnvironmentPiece(std::string_view json) override;
  absl::Status OnEnvironmentEnd() override;

  const int schema_version_;
  OlderRows rows_;
  state::SnapshotCodec codec_;
  SnapshotKeySet snapshots_;
  SnapshotKeySet environments_;
  IncomingRecords records_{*this};
  NoteCounter hydrated_seeds_;
  UnknownFieldNotes unknown_fields_;
  // The current environment.
  std::string name_;
  std::string environment_;
};

}  // namespace stateserver::transfer
