// SPDX-License-Identifier: Apache-2.0
//
// Records of a state file as they go in and out, whatever carries them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::transfer {

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

}  // namespace stateserver::transfer
