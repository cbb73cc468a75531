// SPDX-License-Identifier: Apache-2.0
//
// Cuts values out of streaming JSON at chosen paths, without holding them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/stream_scanner.h"

namespace stateserver::json {

// One value at a cut path.
struct CutValue {
  size_t cut;  // index into the cut paths
  ValueKind kind;
  std::string_view key;  // of "path{*}": the member's name, unescaped; else empty
  uint64_t index;        // of "path[*]" and "path{*}": from 0
  uint64_t offset;       // of the value's first byte
};

// What a PathSplitter finds, in the order of the text. An error returned ends
// the scan. Views are valid during the call only.
class SplitHandler {
 public:
  virtual ~SplitHandler() = default;
  virtual absl::Status OnRoot(ValueKind) { return absl::OkStatus(); }
  // The container of "path[*]" or "path{*}" was reached; when it is not of the
  // kind the path says, its values are not cut. Called again for a duplicate.
  virtual absl::Status OnContainer(size_t /*cut*/, ValueKind /*kind*/) { return absl::OkStatus(); }
  virtual absl::Status OnValueBegin(const CutValue& value) = 0;
  // The value's text without white space outside strings, in pieces.
  virtual absl::Status OnValueBytes(std::string_view piece) = 0;
  virtual absl::Status OnValueEnd() = 0;
};

// Cut paths are keys joined by '.', and then "[*]" (each element of an array),
// "{*}" (each member of an object) or nothing (the value itself):
// "snapshots[*]", "environment.snapshots[*]", "metadata". At most 32.
// Not thread-safe. Memory: the scanner's, and the remainder.
class PathSplitter : private ScanHandler {
 public:
  static constexpr size_t kMaxRemainder = 64 * 1024 * 1024;
  enum class Remainder { kKeep, kDrop };

  PathSplitter(const std::vector<std::string>& cuts, SplitHandler* handler,
               Remainder remainder = Remainder::kKeep);

  // As StreamScanner's; RECORD_TOO_LARGE when the remainder passes its limit.
  absl::Status Feed(std::string_view piece) { return scanner_.Feed(piece); }
  absl::Status Finish() { return scanner_.Finish(); }

  // The document without what was cut: containers of cuts are empty, a value
  // cut itself is null. Complete after Finish().
  const std::string& remainder() const { return remainder_; }

  // Nothing but white space so far.
  bool empty() const { return scanner_.empty(); }
  ScanPosition position() const { return scanner_.position(); }
  // Where in the document: "snapshots[17]", "environments.dev", "metadata", or
  // "" for the root. For messages.
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

  // Cuts whose first keys are those of the open containers, by depth; the last
  // entry is for the value that comes next.
  std::vector<Mask> matches_;
  std::vector<std::string> keys_;
  int container_ = -1;  // the cut whose container is open
  int container_depth_ = 0;
  int value_ = -1;  // the cut whose value is under way
  int value_depth_ = 0;
  uint64_t index_ = 0;
  std::string member_;
  StreamScanner scanner_;
};

}  // namespace stateserver::json
