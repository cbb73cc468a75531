// SPDX-License-Identifier: Apache-2.0
//
// Strict validation of streaming JSON text (RFC 8259) that reports where values begin and end.
// Memory is constant, regardless of the size of the text and its values.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/depth.h"

namespace stateserver::json {

enum class ValueKind : uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

// ScanHandler receives the events of a scan. A value's depth is the number of open containers
// around it: 0 for the root. Offsets count bytes from the first byte fed. An error that a handler
// returns ends the scan and is returned by Feed.
class ScanHandler {
 public:
  virtual ~ScanHandler() = default;
  // Called with the unescaped key of the member whose value comes next, and that value's depth. The
  // view is valid only during the call.
  virtual absl::Status OnKey(std::string_view key, int depth) = 0;
  // Called before the first byte of a value is copied.
  virtual absl::Status OnBegin(ValueKind kind, int depth, uint64_t offset) = 0;
  // Called after the last byte of a value.
  virtual absl::Status OnEnd(int depth, uint64_t offset) = 0;
  // Receives text without white space outside strings; see SetCopy.
  virtual absl::Status OnText(std::string_view text) = 0;
};

// ScanPosition is the position of the scan or of its error. Lines and columns count from 1, columns
// in bytes.
struct ScanPosition {
  uint64_t offset = 0;
  uint64_t line = 1;
  uint64_t column = 1;
};

// StreamScanner validates one text. After an error every call returns that error. Not thread-safe.
class StreamScanner {
 public:
  static constexpr int kMaxDepth = kMostDepth;
  // Maximum length of a reported key, in escaped bytes.
  static constexpr size_t kMaxKey = 64 * 1024;

  explicit StreamScanner(ScanHandler* handler);
  ~StreamScanner();
  StreamScanner(const StreamScanner&) = delete;
  StreamScanner& operator=(const StreamScanner&) = delete;

  // Returns FILE_MALFORMED with the facts `offset`, `line` and `column`, or the handler's error.
  absl::Status Feed(std::string_view piece);

  // Ends the text. Returns FILE_TRUNCATED unless exactly one whole value was read.
  absl::Status Finish();

  // Limits events to values of at most this depth (initially 0).
  void SetEventDepth(int depth) { event_depth_ = depth; }

  // Returns true if the input so far is only white space.
  bool empty() const { return state_ == State::kValue && depth_ == 0; }

  // Starts or stops passing text to OnText, at the position of the current event. Stopping flushes.
  absl::Status SetCopy(bool on);

 private:
  enum class State : uint8_t {
    // Between tokens.
    kValue,
    kFirstValue,
    kKey,
    kFirstKey,
    kColon,
    kComma,
    kDone,
    // Inside tokens.
    kString,
    kEscape,
    kHex,
    kLowSlash,
    kLowU,
    kUtf8,
    kLiteral,
    kMinus,
    kZero,
    kInteger,
    kDot,
    kFraction,
    kExponent,
    kExponentSign,
    kExponentDigits,
  };

  // Each function takes the first byte not yet scanned and returns the next one, or nullptr after
  // setting status_.
  const char* Step(const char* p);
  const char* Between(const char* p);
  const char* White(const char* p);
  const char* AfterItem(const char* p);
  const char* BeginValue(const char* p);
  const char* BeginToken(const char* p);
  const char* BeginLiteral(const char* p, const char* rest);
  const char* Open(const char* p, bool object);
  const char* Close(const char* p);
  const char* EndValue(const char* p);
  const char* BeginKey(const char* p);
  const char* EndKey(const char* p);
  const char* String(const char* p);
  const char* EndString(const char* p);
  const char* StringDetail(const char* p);
  const char* Escape(const char* p);
  const char* Hex(const char* p);
  const char* Utf8(const char* p);
  const char* Utf8Rest(const char* p);
  const char* Literal(const char* p);
  const char* Number(const char* p);

  bool Collect(const char* p, const char* end);
  bool CopyUpTo(const char* p);
  absl::Status Flush();
  uint64_t OffsetOf(const char* p) const { return base_ + static_cast<uint64_t>(p - begin_); }
  ScanPosition PositionOf(uint64_t offset) const;

  const char* Fail(absl::Status status);
  const char* Malformed(const char* p, std::string_view what, std::string_view expected = "");
  const char* Unexpected(const char* p, std::string_view expected = "");
  absl::Status Truncated(std::string_view what, bool with_index);
  absl::Status EndInside();
  std::string ShowByte(const char* p) const;

  ScanHandler* handler_;
  absl::Status status_;

  // The current piece, and the position of the current event.
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  const char* at_ = nullptr;
  uint64_t base_ = 0;

  State state_ = State::kValue;
  int depth_ = 0;
  int event_depth_ = 0;
  bool in_object_ = false;
  bool string_is_key_ = false;
  bool collecting_key_ = false;
  std::bitset<kMaxDepth + 1> objects_;
  std::string key_;
  std::string unescaped_;

  const char* literal_ = nullptr;  // the remainder of true, false or null
  uint32_t unit_ = 0;              // value of a \u escape
  uint32_t high_ = 0;              // a surrogate that waits for its partner
  int have_ = 0;                   // hex digits or UTF-8 bytes seen
  char utf8_[4] = {};

  uint64_t line_ = 1;
  uint64_t line_start_ = 0;
  ScanPosition position_;

  bool copying_ = false;
  const char* run_ = nullptr;  // first byte of the piece not yet copied
  size_t filled_ = 0;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace stateserver::json
