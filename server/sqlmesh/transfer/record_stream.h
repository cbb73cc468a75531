// SPDX-License-Identifier: Apache-2.0
//
// The way records leave: split into parts, summed, counted.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/sha256.h"
#include "server/sqlmesh/transfer/record.h"

namespace stateserver::transfer {

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

}  // namespace stateserver::transfer
