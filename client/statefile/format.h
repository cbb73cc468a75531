// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's state file (`file_version` 1) as data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stateserver::client {

// The only supported format.
inline constexpr int64_t kFileVersion = 1;

// FileVersions holds `versions`: the releases that wrote the state. The defaults are SQLMesh's for
// absent keys.
struct FileVersions {
  int64_t schema_version = 0;
  std::string sqlglot_version = "0.0.0";
  std::string sqlmesh_version = "0.0.0";
};

// StateFileHeader holds everything before the records.
struct StateFileHeader {
  // `metadata.timestamp`, such as "2026-11-22 10:03:00+00:00".
  std::string timestamp;
  int64_t file_version = kFileVersion;
  // False for local snapshots that were never in a state database.
  bool importable = true;
  // `metadata.stateserver.token`: 64 hex digits, or empty in SQLMesh's files.
  std::string token;
  FileVersions versions;
};

enum class Section { kSnapshots, kEnvironments };

// RecordPart is a record, or a part of one: an element of `snapshots`, or a member of
// `environments`.
struct RecordPart {
  Section section = Section::kSnapshots;
  // Set in every part of an environment.
  std::string_view name;
  // JSON text without white space between tokens. May be empty in the last part.
  std::string_view json;
  bool begin = true;
  bool end = true;
};

struct RecordCounts {
  int64_t snapshots = 0;
  int64_t environments = 0;
};

inline constexpr size_t kTokenSize = 64;
bool IsToken(std::string_view text);

}  // namespace stateserver::client
