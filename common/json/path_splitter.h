// SPDX-License-Identifier: Apache-2.0
//
// Extraction of values at given paths from streaming JSON, without buffering them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/stream_scanner.h"

namespace stateserver::json {

// CutValue is one value at a cut path.
struct CutValue {
  size_t cut;  // index into the cut paths
  ValueKind kind;
  std::string_view key;  // for "path{*}": the member's unescaped name; otherwise empty
  uint64_t index;        // for "path[*]" and "path{*}": counts from 0
  uint64_t offset;       // offset of the value's first byte
};

// SplitHandler receives what a PathSplitter finds, in the order of the text. An error that it
// returns ends the scan. Views are valid only during the call.
class SplitHandler {
 public:
  virtual ~SplitHandler() = default;
  virtual absl::Status OnRoot(ValueKind) { return absl::OkStatus(); }
  // Called for the container of "path[*]" or "path{*}". If it is not of the kind that the path
  // requires, its values are not cut. Called again for a duplicate.
  virtual absl::Status OnContainer(size_t /*cut*/, ValueKind /*kind*/) { return absl::OkStatus(); }
  virtual absl::Status OnValueBegin(const CutValue& value) = 0;
  // Receives the value's text, in pieces, without white space outside strings.
  virtual absl::Status OnValueBytes(std::string_view piece) = 0;
  virtual absl::Status OnValueEnd() = 0;
};

// PathSplitter cuts values at paths. A cut path consists of keys joined by '.', followed by "[*]"
// (each element of an array), "{*}" (each member of an object) or nothing (the value itself):
// "snapshots[*]", "environment.snapshots[*]", "metadata". At most 32 paths. Memory: the scanner's,
// and the remainder. Not thread-safe.
class PathSplitter : private ScanHandler {
 public:
  static constexpr size_t kMaxRemainder = 64 * 1024 * 1024;
  enum class Remainder { kKeep, kDrop };

  PathSplitter(const std::vector<std::string>& cuts, SplitHandler* handler,
               Remainder remainder = Remainder::kKeep);

  // Return the errors of StreamScanner, and RECORD_TOO_LARGE if the remainder exceeds its limit.
  absl::Status Feed(std::string_view piece) { return scanner_.Feed(piece); }
  absl::Status Finish() { return scanner_.Finish(); }

  // Returns the document without the cut values: containers of cuts are empty, and a value that was
  // itself cut is null. Complete after Finish().
  const std::string& remainder() const { return remainder_; }

  // Returns true if the input so far is only white space.
  bool empty() const { return scanner_.empty(); }
  // Returns the current position in the document for messages: "snapshots[17]", "environments.dev",
  // "metadata", or "" for the root.
  std::string path() const;

 private:
  enum class Each { kValue, kElement, kMember };
  struct Cut {
    std::vector<std::string> keys;
    Each each;
  };
  using Mask = uint32_t;  // one bit for each cut

  static Cut Parse(std::string_view path);

  absl::Status OnKey(std::string_view key, int depth) override;
  absl::Status OnBegin(ValueKind kind, int depth, uint64_t offset) override;
  absl::Status OnEnd(int depth, uint64_t offset) override;
  absl::Status OnText(std::string_view text) override;

  Mask MatchKey(std::string_view key, int depth) const;
  int FindCut(int depth) const;
  absl::Status EnterContainer(int cut, ValueKind kind, int depth);
  absl::Status BeginValue(int cut, ValueKind kind, int depth, uint64_t offset);
  absl::Status EndValue(int depth);
  absl::Status Remain(std::string_view text);
  absl::Status KeepRemainder(bool on);

  std::vector<Cut> cuts_;
  SplitHandler* handler_;
  bool keep_;
  std::string remainder_;

  // Cuts whose first keys match those of the open containers, by depth; the last entry is for the
  // next value.
  std::vector<Mask> matches_;
  std::vector<std::string> keys_;
  int container_ = -1;  // the cut whose container is open
  int container_depth_ = 0;
  int value_ = -1;  // the cut whose value is in progress
  int value_depth_ = 0;
  uint64_t index_ = 0;
  std::string member_;
  StreamScanner scanner_;
};

}  // namespace stateserver::json
