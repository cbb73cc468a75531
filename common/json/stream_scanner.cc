// SPDX-License-Identifier: Apache-2.0

#include "common/json/stream_scanner.h"

#include <cstdio>
#include <cstring>
#include <utility>

#include "common/error.h"
#include "common/json/restyler.h"
#include "common/json/text.h"

namespace stateserver::json {

namespace {

constexpr size_t kBuffer = 64 * 1024;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Returns the code unit of "\u0041" at `p`, or -1. Six bytes must be available.
int32_t UnicodeEscape(const char* p) {
  if (p[1] != 'u') return -1;
  int32_t unit = 0;
  for (int i = 2; i < 6; ++i) {
    int digit = HexValue(p[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool IsSurrogate(int32_t unit) { return unit >= 0xd800 && unit < 0xe000; }

constexpr std::string_view kUnpaired = "Unpaired UTF-16 surrogate";

}  // namespace

StreamScanner::StreamScanner(ScanHandler* handler)
    : handler_(handler), buffer_(std::make_unique<char[]>(kBuffer)) {}

StreamScanner::~StreamScanner() = default;

absl::Status StreamScanner::Feed(std::string_view piece) {
  if (!status_.ok()) return status_;
  begin_ = at_ = run_ = piece.data();
  end_ = begin_ + piece.size();
  const char* p = begin_;
  while (p != nullptr && p != end_) p = Step(p);
  if (p != nullptr && copying_ && !CopyUpTo(end_)) p = nullptr;
  if (p == nullptr) return status_;
  base_ += piece.size();
  begin_ = end_ = at_ = run_ = nullptr;
  position_ = PositionOf(base_);
  return absl::OkStatus();
}

absl::Status StreamScanner::Finish() {
  if (!status_.ok()) return status_;
  if (state_ != State::kDone) {
    if (absl::Status status = EndInside(); !status.ok()) return status_ = status;
  }
  if (absl::Status status = Flush(); !status.ok()) return status_ = status;
  return absl::OkStatus();
}

absl::Status StreamScanner::SetCopy(bool on) {
  if (on) {
    if (!copying_) run_ = at_;
  } else if (copying_) {
    if (!CopyUpTo(at_)) return status_;
    RETURN_IF_ERROR(Flush());
  }
  copying_ = on;
  return absl::OkStatus();
}

const char* StreamScanner::Step(const char* p) {
  switch (state_) {
    case State::kString:
      return String(p);
    case State::kEscape:
    case State::kHex:
    case State::kLowSlash:
    case State::kLowU:
    case State::kUtf8:
      return StringDetail(p);
    case State::kLiteral:
      return Literal(p);
    case State::kMinus:
    case State::kZero:
    case State::kInteger:
    case State::kDot:
    case State::kFraction:
    case State::kExponent:
    case State::kExponentSign:
    case State::kExponentDigits:
      return Number(p);
    default:
      return Between(p);
  }
}

const char* StreamScanner::Between(const char* p) {
  char c = *p;
  if (c == ' ' || c == '\n' || c == '\r' || c == '\t') return White(p);
  switch (state_) {
    case State::kFirstValue:
      return c == ']' ? Close(p) : BeginValue(p);
    case State::kFirstKey:
      return c == '}' ? Close(p) : BeginKey(p);
    case State::kKey:
      return BeginKey(p);
    case State::kColon:
      if (c != ':') return Unexpected(p, "':'");
      state_ = State::kValue;
      return p + 1;
    case State::kComma:
      return AfterItem(p);
    case State::kDone:
      return Malformed(p, "Unexpected text after the end of the JSON value: '" + ShowByte(p) + "'");
    default:
      return BeginValue(p);
  }
}

const char* StreamScanner::AfterItem(const char* p) {
  if (*p == ',') {
    state_ = in_object_ ? State::kKey : State::kValue;
    return p + 1;
  }
  if (*p == (in_object_ ? '}' : ']')) return Close(p);
  return Unexpected(p, in_object_ ? "',' or '}'" : "',' or ']'");
}

const char* StreamScanner::White(const char* p) {
  if (copying_ && !CopyUpTo(p)) return nullptr;
  for (; p != end_; ++p) {
    if (*p == ' ') {
      p = SkipSpaces(p, end_);
      if (p == end_) break;
    }
    if (*p == '\n') {
      ++line_;
      line_start_ = OffsetOf(p) + 1;
    } else if (*p != '\r' && *p != '\t' && *p != ' ') {
      break;
    }
  }
  run_ = p;
  return p;
}

const char* StreamScanner::BeginValue(const char* p) {
  ValueKind kind;
  switch (*p) {
    case '{':
      kind = ValueKind::kObject;
      break;
    case '[':
      kind = ValueKind::kArray;
      break;
    case '"':
      kind = ValueKind::kString;
      break;
    case 't':
      kind = ValueKind::kTrue;
      break;
    case 'f':
      kind = ValueKind::kFalse;
      break;
    case 'n':
      kind = ValueKind::kNull;
      break;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      kind = ValueKind::kNumber;
      break;
    default:
      return Unexpected(p);
  }
  if (depth_ <= event_depth_) {
    at_ = p;
    absl::Status status = handler_->OnBegin(kind, depth_, OffsetOf(p));
    if (!status.ok()) return Fail(std::move(status));
  }
  return BeginToken(p);
}

const char* StreamScanner::BeginToken(const char* p) {
  switch (*p) {
    case '{':
    case '[':
      return Open(p, *p == '{');
    case '"':
      string_is_key_ = collecting_key_ = false;
      state_ = State::kString;
      return String(p + 1);
    case 't':
      return BeginLiteral(p, "rue");
    case 'f':
      return BeginLiteral(p, "alse");
    case 'n':
      return BeginLiteral(p, "ull");
    default:
      state_ = *p == '-' ? State::kMinus : *p == '0' ? State::kZero : State::kInteger;
      return p + 1;
  }
}

const char* StreamScanner::BeginLiteral(const char* p, const char* rest) {
  literal_ = rest;
  state_ = State::kLiteral;
  return p + 1;
}

const char* StreamScanner::Open(const char* p, bool object) {
  if (depth_ == kMaxDepth) {
    return Malformed(p, "JSON nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  objects_[static_cast<size_t>(depth_++)] = object;
  in_object_ = object;
  state_ = object ? State::kFirstKey : State::kFirstValue;
  return p + 1;
}

const char* StreamScanner::Close(const char* p) {
  --depth_;
  in_object_ = depth_ > 0 && objects_[static_cast<size_t>(depth_ - 1)];
  return EndValue(p + 1);
}

const char* StreamScanner::EndValue(const char* p) {
  state_ = depth_ == 0 ? State::kDone : State::kComma;
  if (depth_ > event_depth_) return p;
  at_ = p;
  absl::Status status = handler_->OnEnd(depth_, OffsetOf(p));
  return status.ok() ? p : Fail(std::move(status));
}

const char* StreamScanner::BeginKey(const char* p) {
  if (*p != '"') return Unexpected(p, "a key in double quotes");
  string_is_key_ = true;
  collecting_key_ = depth_ <= event_depth_;
  key_.clear();
  state_ = State::kString;
  return String(p + 1);
}

const char* StreamScanner::EndKey(const char* p) {
  state_ = State::kColon;
  if (!collecting_key_) return p;
  at_ = p;
  unescaped_.clear();
  AppendUnescaped(key_, &unescaped_);
  absl::Status status = handler_->OnKey(unescaped_, depth_);
  return status.ok() ? p : Fail(std::move(status));
}

bool StreamScanner::Collect(const char* p, const char* end) {
  key_.append(p, end);
  if (key_.size() <= kMaxKey) return true;
  Malformed(p, "A key longer than " + std::to_string(kMaxKey) + " bytes");
  return false;
}

// Passes [run_, p) on: long runs directly, short ones buffered.
bool StreamScanner::CopyUpTo(const char* p) {
  size_t size = static_cast<size_t>(p - run_);
  const char* from = std::exchange(run_, p);
  if (size > kBuffer - filled_) {
    absl::Status status = Flush();
    bool direct = size > kBuffer / 2;
    if (status.ok() && direct) status = handler_->OnText({from, size});
    if (!status.ok()) return Fail(std::move(status)) != nullptr;
    if (direct) return true;
  }
  if (size != 0) std::memcpy(buffer_.get() + filled_, from, size);
  filled_ += size;
  return true;
}

absl::Status StreamScanner::Flush() {
  size_t size = std::exchange(filled_, 0);
  return size == 0 ? absl::OkStatus() : handler_->OnText({buffer_.get(), size});
}

const char* StreamScanner::String(const char* p) {
  const char* from = p;
  while (true) {
    p = FindStringSpecial<StopAt::kControlOrHigh>(p, end_);
    if (p == end_) break;
    unsigned char c = static_cast<unsigned char>(*p);
    if (c == '"') {
      if (collecting_key_ && !Collect(from, p)) return nullptr;
      return EndString(p + 1);
    }
    if (c == '\\') {
      if (end_ - p >= 2 && ShortEscape(p[1]) != 0) {
        p += 2;
        continue;
      }
      if (end_ - p >= 6) {
        int32_t unit = UnicodeEscape(p);
        if (unit >= 0 && !IsSurrogate(unit)) {
          p += 6;
          continue;
        }
      }
      state_ = State::kEscape;
      ++p;
      break;
    }
    if (c < 0x20) return Malformed(p, "Invalid control character: '" + ShowByte(p) + "'");
    p = c == 0x7f ? p + 1 : Utf8(p);
    if (p == nullptr) return nullptr;
    if (state_ != State::kString) break;
  }
  if (collecting_key_ && !Collect(from, p)) return nullptr;
  return p;
}

const char* StreamScanner::EndString(const char* p) {
  return string_is_key_ ? EndKey(p) : EndValue(p);
}

const char* StreamScanner::StringDetail(const char* p) {
  const char* next;
  switch (state_) {
    case State::kEscape:
      next = Escape(p);
      break;
    case State::kHex:
      next = Hex(p);
      break;
    case State::kUtf8:
      next = Utf8Rest(p);
      break;
    default: {
      bool slash = state_ == State::kLowSlash;
      if (*p != (slash ? '\\' : 'u')) return Malformed(p, kUnpaired);
      state_ = slash ? State::kLowU : State::kHex;
      unit_ = 0;
      have_ = 0;
      next = p + 1;
    }
  }
  if (next != nullptr && collecting_key_ && !Collect(p, next)) return nullptr;
  return next;
}

const char* StreamScanner::Escape(const char* p) {
  state_ = State::kString;
  if (ShortEscape(*p) != 0) return p + 1;
  if (*p != 'u') return Malformed(p, "Invalid string escape: " + ShowByte(p));
  state_ = State::kHex;
  unit_ = 0;
  have_ = 0;
  return p + 1;
}

const char* StreamScanner::Hex(const char* p) {
  int digit = HexValue(*p);
  if (digit < 0) return Malformed(p, "Invalid unicode literal: '" + ShowByte(p) + "'");
  unit_ = unit_ * 16 + static_cast<uint32_t>(digit);
  if (++have_ < 4) return p + 1;
  state_ = State::kString;
  if (high_ != 0) {
    high_ = 0;
    return IsLowSurrogate(unit_) ? p + 1 : Malformed(p, kUnpaired);
  }
  if (IsLowSurrogate(unit_)) return Malformed(p, kUnpaired);
  if (IsHighSurrogate(unit_)) {
    high_ = unit_;
    state_ = State::kLowSlash;
  }
  return p + 1;
}

const char* StreamScanner::Utf8(const char* p) {
  int length = Utf8Length(static_cast<unsigned char>(*p));
  if (length != 0 && end_ - p < length) {
    state_ = State::kUtf8;
    have_ = 0;
    return p;
  }
  if (length == 0 || DecodeUtf8(p, length) < 0) {
    return Malformed(p, "Invalid UTF-8 byte: '" + ShowByte(p) + "'");
  }
  return p + length;
}

const char* StreamScanner::Utf8Rest(const char* p) {
  utf8_[have_++] = *p;
  int length = Utf8Length(static_cast<unsigned char>(utf8_[0]));
  if (have_ < length) return p + 1;
  if (DecodeUtf8(utf8_, length) < 0) {
    return Malformed(p, "Invalid UTF-8 byte: '" + ShowByte(p) + "'");
  }
  state_ = State::kString;
  return p + 1;
}

const char* StreamScanner::Literal(const char* p) {
  for (; p != end_; ++p) {
    if (*p != *literal_) return Unexpected(p);
    if (*++literal_ == '\0') return EndValue(p + 1);
  }
  return p;
}

const char* StreamScanner::Number(const char* p) {
  for (; p != end_; ++p) {
    char c = *p;
    bool digit = IsDigit(c);
    switch (state_) {
      case State::kMinus:
        if (!digit) return Unexpected(p, "a digit after '-'");
        state_ = c == '0' ? State::kZero : State::kInteger;
        break;
      case State::kZero:
      case State::kInteger:
        if (digit && state_ == State::kInteger) break;
        if (c == '.') {
          state_ = State::kDot;
        } else if (c == 'e' || c == 'E') {
          state_ = State::kExponent;
        } else {
          return EndValue(p);
        }
        break;
      case State::kDot:
        if (!digit) return Unexpected(p, "a digit after '.'");
        state_ = State::kFraction;
        break;
      case State::kFraction:
        if (digit) break;
        if (c != 'e' && c != 'E') return EndValue(p);
        state_ = State::kExponent;
        break;
      case State::kExponent:
      case State::kExponentSign:
        if (!digit && (state_ == State::kExponentSign || (c != '+' && c != '-'))) {
          return Unexpected(p, "a digit of an exponent");
        }
        state_ = digit ? State::kExponentDigits : State::kExponentSign;
        break;
      default:
        if (!digit) return EndValue(p);
    }
  }
  return p;
}

ScanPosition StreamScanner::PositionOf(uint64_t offset) const {
  return {offset, line_, offset - line_start_ + 1};
}

const char* StreamScanner::Fail(absl::Status status) {
  status_ = std::move(status);
  if (at_ != nullptr) position_ = PositionOf(OffsetOf(at_));
  return nullptr;
}

const char* StreamScanner::Malformed(const char* p, std::string_view what,
                                     std::string_view expected) {
  at_ = p;
  std::string message(what);
  message += " at index " + std::to_string(OffsetOf(p));
  if (!expected.empty()) message.append(", expected ").append(expected);
  ScanPosition where = PositionOf(OffsetOf(p));
  return Fail(Error(Reason::FILE_MALFORMED, message, "",
                    {{"offset", std::to_string(where.offset)},
                     {"line", std::to_string(where.line)},
                     {"column", std::to_string(where.column)}}));
}

const char* StreamScanner::Unexpected(const char* p, std::string_view expected) {
  return Malformed(p, "Invalid JSON character: '" + ShowByte(p) + "'", expected);
}

// Returns a readable form of the byte: the character itself if it is printable.
std::string StreamScanner::ShowByte(const char* p) const {
  unsigned char c = static_cast<unsigned char>(*p);
  if (c > 0x20 && c < 0x7f) return std::string(1, *p);
  char text[16];
  int length = c < 0x80 ? 1 : Utf8Length(c);
  int32_t point = c;
  if (length != 1) point = length == 0 || end_ - p < length ? -1 : DecodeUtf8(p, length);
  if (point >= 0xa0 && point != 0xfeff) return std::string(p, static_cast<size_t>(length));
  std::snprintf(text, sizeof(text), point < 0 ? "\\x%02x" : "\\u{%x}",
                point < 0 ? c : static_cast<unsigned>(point));
  return text;
}

absl::Status StreamScanner::Truncated(std::string_view what, bool with_index) {
  std::string message(what);
  if (with_index) message += " at index " + std::to_string(base_);
  return Error(Reason::FILE_TRUNCATED, message, "",
               {{"offset", std::to_string(base_)},
                {"line", std::to_string(position_.line)},
                {"column", std::to_string(position_.column)}});
}

// Returns the error for a text that ended before the root value did. The messages are those of
// SQLMesh's reader (json_stream).
absl::Status StreamScanner::EndInside() {
  switch (state_) {
    case State::kString:
    case State::kEscape:
    case State::kUtf8:
      return Truncated("Unterminated string at end of file", true);
    case State::kHex:
      return Truncated("Unterminated unicode literal at end of file", true);
    case State::kLowSlash:
    case State::kLowU:
      return Truncated("Unpaired UTF-16 surrogate at end of file", true);
    default:
      break;
  }
  if (depth_ > 0) {
    return Truncated(
        in_object_ ? "Unterminated object at end of file" : "Unterminated list at end of file",
        false);
  }
  switch (state_) {
    case State::kValue:
      return Truncated("Expected a JSON value, got the end of the file", true);
    case State::kZero:
    case State::kInteger:
    case State::kFraction:
    case State::kExponentDigits:
      return EndValue(nullptr) == nullptr && !status_.ok() ? status_ : absl::OkStatus();
    default:
      return Truncated("Unterminated number or literal at end of file", true);
  }
}

}  // namespace stateserver::json
