// SPDX-License-Identifier: Apache-2.0
//
// The way records leave: split into parts, summed, counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/sha256.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/reads.h"

namespace stateserver::transfer {

// Records of a state file as they go in and out, whatever carries them.

enum class Section { kSnapshots, kEnvironments };

// A record or, when it is long, a part of it. The views live for one call.
struct RecordPart {
  Section section = Section::kSnapshots;
  std::string_view name;
  std::string_view identifier;  // of snapshots; may be empty coming in
  std::string_view json;
  bool continued = false;  // more parts of the record follow
};

// No part is longer than this (bytes).
inline constexpr size_t kMaxPartBytes = 512 << 10;

struct Counts {
  int64_t snapshots = 0;
  int64_t environments = 0;
  int64_t intervals = 0;
  int64_t statements = 0;
  int64_t auto_restatements = 0;
  bool operator==(const Counts&) const = default;
};

// Something a person should know that is no error. The kinds are those of
// stateserver.v1.Note.
struct Note {
  std::string kind;
  int64_t count = 0;
  std::string message;
  std::vector<std::string> records;  // at most kMaxNoteRecords
};
inline constexpr size_t kMaxNoteRecords = 100;

// Collects the records one kind of note concerns.
class NoteCounter {
 public:
  void Add(std::string_view record);
  int64_t count() const { return count_; }
  // Appends a note when anything was counted.
  void AppendTo(std::string_view kind, std::string_view message, std::vector<Note>* notes) const;

 private:
  int64_t count_ = 0;
  std::vector<std::string> records_;
};

// A snapshot's (name, identifier) as 16 bytes, so that sets of a million of
// them stay small. Two different ids share a key with a chance of 2^-128.

using SnapshotKey = std::pair<uint64_t, uint64_t>;
using SnapshotKeySet = absl::flat_hash_set<SnapshotKey>;

inline SnapshotKey KeyOf(std::string_view name, std::string_view identifier) {
  absl::string_view a(name.data(), name.size());
  absl::string_view b(identifier.data(), identifier.size());
  return {absl::HashOf(1, a, b), absl::HashOf(2, b, a)};
}

// Where the parts of an export go.
class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual absl::Status Part(const RecordPart& part) = 0;
};

// One record after the other: Begin, Append …, End. Parts leave as soon as they
// are full, so a record may be longer than memory.
class RecordStream {
 public:
  explicit RecordStream(PartSink& sink) : sink_(sink) {}

  void Begin(Section section, std::string_view name, std::string_view identifier);
  absl::Status Append(std::string_view json);
  absl::Status End();
  // A whole record at once.
  absl::Status Record(Section section, std::string_view name, std::string_view identifier,
                      std::string_view json);

  // As ExportTrailer.checksum; ends the stream.
  std::string Checksum() { return checksum_.FinishHex(); }

 private:
  absl::Status Send(std::string_view json, bool continued);

  PartSink& sink_;
  Sha256 checksum_;
  Section section_ = Section::kSnapshots;
  std::string name_;
  std::string identifier_;
  std::string buffer_;
};

// One snapshot, as an export holds it.

struct OneSnapshot {
  store::SnapshotSummary summary;
  std::string json;
  std::vector<std::string> environments;  // that use it
  std::vector<std::string> others;        // identifiers of the same name, newest first
};

// `name` with or without quotes; an empty identifier means the newest.
// SNAPSHOT_NOT_FOUND, STATE_CORRUPT.
absl::StatusOr<OneSnapshot> ReadSnapshot(postgres::Session& session, std::string_view schema,
                                         const store::Versions& versions, std::string_view name,
                                         std::string_view identifier);

}  // namespace stateserver::transfer
