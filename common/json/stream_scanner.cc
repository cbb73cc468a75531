// SPDX-License-Identifier: Apache-2.0

#include "common/json/stream_scanner.h"

#include <cstring>
#include <utility>

#include "common/error.h"
#include "common/json/runs.h"
#include "common/json/text.h"

namespace stateserver::json {
namespace {

constexpr size_t kBuffer = 64 * 1024;

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

// Hands [run_, p) on: long runs as they stand, short ones gathered.
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

}  // namespace stateserver::json
