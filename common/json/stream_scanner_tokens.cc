// SPDX-License-Identifier: Apache-2.0
//
// Strings, numbers and literals of StreamScanner, and its errors.
#include <cstdio>
#include <utility>

#include "common/error.h"
#include "common/json/runs.h"
#include "common/json/stream_scanner.h"
#include "common/json/text.h"

namespace stateserver::json {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "\u0041" at `p`: its code unit, or -1. Six bytes must be there.
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

// As a person can read it: the character itself where it can be shown.
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

// The text ended before the root value did. The sentences are those of the
// reader in SQLMesh (json_stream).
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
