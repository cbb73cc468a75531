// SPDX-License-Identifier: Apache-2.0
//
// Records of a state file in transit: split into parts, hashed and counted.
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

// Section is the part of a state file that a record belongs to.
enum class Section { kSnapshots, kEnvironments };

// RecordPart is a record or, if it is long, a part of it. The views are valid for one call.
struct RecordPart {
  Section section = Section::kSnapshots;
  std::string_view name;
  std::string_view identifier;  // set for snapshots; may be empty in imports
  std::string_view json;
  bool continued = false;  // more parts of the record follow
};

// Maximum length of a part, in bytes.
inline constexpr size_t kMaxPartBytes = 512 << 10;

struct Counts {
  int64_t snapshots = 0;
  int64_t environments = 0;
  int64_t intervals = 0;
  int64_t statements = 0;
  int64_t auto_restatements = 0;
  bool operator==(const Counts&) const = default;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("snapshots", self.snapshots);
    visit("environments", self.environments);
    visit("intervals", self.intervals);
    visit("statements", self.statements);
    visit("auto_restatements", self.auto_restatements);
  }
};

// Note is a remark for the user that is not an error. The kinds are those of stateserver.v1.Note.
struct Note {
  std::string kind;
  int64_t count = 0;
  std::string message;
  std::vector<std::string> records;  // at most kMaxNoteRecords

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("kind", self.kind);
    visit("count", self.count);
    visit("message", self.message);
    visit("records", self.records);
  }
};
inline constexpr size_t kMaxNoteRecords = 100;

// NoteCounter collects the records that one kind of note concerns.
class NoteCounter {
 public:
  void Add(std::string_view record);
  int64_t count() const { return count_; }
  // Appends a note if anything was counted.
  void AppendTo(std::string_view kind, std::string_view message, std::vector<Note>* notes) const;

 private:
  int64_t count_ = 0;
  std::vector<std::string> records_;
};

// SnapshotKey is a snapshot's (name, identifier) hashed to 16 bytes, so that sets of a million keys
// stay small. Two different ids share a key with a probability of 2^-128.
using SnapshotKey = std::pair<uint64_t, uint64_t>;
using SnapshotKeySet = absl::flat_hash_set<SnapshotKey>;

inline SnapshotKey KeyOf(std::string_view name, std::string_view identifier) {
  absl::string_view a(name.data(), name.size());
  absl::string_view b(identifier.data(), identifier.size());
  return {absl::HashOf(1, a, b), absl::HashOf(2, b, a)};
}

// PartSink receives the parts of an export.
class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual absl::Status Part(const RecordPart& part) = 0;
};

// RecordStream sends one record after the other: Begin, Append …, End. Parts are sent as soon as
// they are full, so a record may be larger than memory.
class RecordStream {
 public:
  explicit RecordStream(PartSink& sink) : sink_(sink) {}

  void Begin(Section section, std::string_view name, std::string_view identifier);
  absl::Status Append(std::string_view json);
  absl::Status End();
  // Sends a whole record.
  absl::Status Record(Section section, std::string_view name, std::string_view identifier,
                      std::string_view json);

  // Returns ExportTrailer.checksum and ends the stream.
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

// OneSnapshot is a snapshot in the form of an export.
struct OneSnapshot {
  store::SnapshotSummary summary;
  std::string json;
  std::vector<std::string> environments;  // environments that use it
  std::vector<std::string> others;        // identifiers of the same name, newest first
};

// Reads a snapshot. `name` may be given with or without quotes; an empty identifier means the
// newest. Returns SNAPSHOT_NOT_FOUND or STATE_CORRUPT.
absl::StatusOr<OneSnapshot> ReadSnapshot(postgres::Session& session, std::string_view schema,
                                         const store::Versions& versions, std::string_view name,
                                         std::string_view identifier);

}  // namespace stateserver::transfer
