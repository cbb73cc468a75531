// SPDX-License-Identifier: Apache-2.0
//
// Records of a state file as a caller sends them: assembled from their parts, hashed and counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/sha256.h"
#include "server/sqlmesh/records/notes.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::transfer {

// SentTotals holds the sender's totals.
struct SentTotals {
  int64_t snapshots = 0;
  int64_t environments = 0;
  std::string checksum;
};

// UnknownFieldNotes collects the fields of incoming records that this server does not know. A
// SQLMesh release that is newer than the server may write such fields.
class UnknownFieldNotes {
 public:
  // `record` is what people call the record.
  void AddStored(std::string_view record, const state::UnknownFields& fields);
  void AddUnstored(std::string_view record, const state::UnknownFields& fields);
  void AppendTo(std::vector<Note>* notes) const;

 private:
  NoteCounter stored_;
  NoteCounter unstored_;
};

// RecordReceiver receives assembled records. The views are valid for one call. An error is returned
// by IncomingRecords::Add.
class RecordReceiver {
 public:
  virtual ~RecordReceiver() = default;

  // Receives a whole snapshot. `claimed_identifier` is what the sender states; it may be empty.
  virtual absl::Status OnSnapshot(std::string_view json, std::string_view claimed_identifier) = 0;
  // An environment is not assembled, because its lists may be longer than memory allows: Begin, one
  // or more pieces of its JSON, End.
  virtual absl::Status OnEnvironmentBegin(std::string_view name) = 0;
  virtual absl::Status OnEnvironmentPiece(std::string_view json) = 0;
  virtual absl::Status OnEnvironmentEnd() = 0;
};

// IncomingRecords assembles records. Memory: the longest snapshot, at most 256 MiB. Not
// thread-safe.
class IncomingRecords {
 public:
  explicit IncomingRecords(RecordReceiver& receiver) : receiver_(receiver) {}

  // Adds a part of a record. Returns RECORD_TOO_LARGE, STREAM_OUT_OF_ORDER if another record
  // interrupts the parts of one, or ARGUMENT_INVALID for an environment without a name.
  absl::Status Add(const RecordPart& part);

  // Compares the totals with the records; call it once, after the last part. Returns FILE_TRUNCATED
  // in the middle of a record, or CHECKSUM_MISMATCH.
  absl::Status CheckTotals(const SentTotals& totals);

  // Adds what a decoded snapshot contains to the counts.
  void CountContents(const state::DecodedSnapshot& snapshot);
  void CountStatements(bool has_statements) { counts_.statements += has_statements; }

  // Adds the position and the name of the current snapshot to an error that concerns it.
  absl::Status OfSnapshot(const absl::Status& status) const;

  // Returns the counts of the records so far, including the current one.
  const Counts& counts() const { return counts_; }
  // Returns the checksum of all records; empty before CheckTotals.
  const std::string& checksum() const { return checksum_hex_; }

 private:
  absl::Status AddSnapshotPart(const RecordPart& part, bool first);
  absl::Status AddEnvironmentPart(const RecordPart& part, bool first);

  RecordReceiver& receiver_;
  Counts counts_;
  Sha256 checksum_;
  std::string checksum_hex_;
  // The current record.
  bool in_record_ = false;
  Section section_ = Section::kSnapshots;
  std::string snapshot_;
};

}  // namespace stateserver::transfer
