// SPDX-License-Identifier: Apache-2.0
//
// The two passes over a state file: for its header, then for its records.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "client/statefile/format.h"
#include "client/statefile/reader.h"
#include "common/json/path_splitter.h"

namespace stateserver::client {

// Looks for `metadata` and `versions` and checks them as they come by.
class HeaderScan : private json::SplitHandler {
 public:
  HeaderScan(std::string name, bool must_import, StateFileHeader* header);

  absl::Status Feed(std::string_view piece) { return splitter_.Feed(piece); }
  // Only when the text ended before the header was complete: why.
  absl::Status Finish();
  bool complete() const { return seen_[0] && seen_[1]; }
  std::string path() const { return splitter_.path(); }

 private:
  absl::Status OnRoot(json::ValueKind kind) override;
  absl::Status OnValueBegin(const json::CutValue& value) override;
  absl::Status OnValueBytes(std::string_view piece) override;
  absl::Status OnValueEnd() override;

  std::string name_;
  bool must_import_;
  StateFileHeader* header_;
  size_t current_ = 0;
  std::string text_;
  std::array<bool, 2> seen_ = {};
  std::string versions_;  // its text until `metadata` has been checked
  json::PathSplitter splitter_;
};

// Hands out the records and checks that every section is there once.
class RecordScan : private json::SplitHandler {
 public:
  RecordScan(std::string name, const RecordSink& sink);

  absl::Status Feed(std::string_view piece) { return splitter_.Feed(piece); }
  absl::Status Finish();
  const RecordCounts& counts() const { return counts_; }
  // The last error is the sink's own.
  bool sink_failed() const { return sink_failed_; }
  std::string path() const { return splitter_.path(); }

 private:
  absl::Status OnContainer(size_t cut, json::ValueKind kind) override;
  absl::Status OnValueBegin(const json::CutValue& value) override;
  absl::Status OnValueBytes(std::string_view piece) override;
  absl::Status OnValueEnd() override;

  absl::Status See(size_t cut);
  absl::Status Send(std::string_view json, bool end);

  std::string name_;
  const RecordSink& sink_;
  bool sink_failed_ = false;
  RecordCounts counts_;
  std::array<bool, 4> seen_ = {};
  bool in_record_ = false;
  bool begun_ = false;
  RecordPart part_;
  std::string environment_;
  json::PathSplitter splitter_;
};

}  // namespace stateserver::client
