// SPDX-License-Identifier: Apache-2.0

#include "common/json/restyler.h"

#include <algorithm>
#include <cstring>

#include "common/depth.h"

namespace stateserver::json {

namespace {

bool EndsScalar(char c) {
  switch (c) {
    case ',':
    case ':':
    case '"':
    case '{':
    case '}':
    case '[':
    case ']':
    case ' ':
    case '\n':
    case '\r':
    case '\t':
      return true;
    default:
      return false;
  }
}

// Returns true for escapes that every style writes unchanged.
bool IsVerbatimEscape(char c) { return c != '/' && ShortEscape(c) != 0; }

uint32_t HexUnit(const char* p) {
  uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) unit = unit * 16 + static_cast<uint32_t>(HexValue(p[i]) & 15);
  return unit;
}

}  // namespace

// Output collects small writes on the stack, because appending each token to a std::string costs
// more than producing it.
class Restyler::Output {
 public:
  explicit Output(std::string* out) : out_(out) {}
  ~Output() { Flush(); }

  void Byte(char c) {
    if (size_ == sizeof(buffer_)) Flush();
    buffer_[size_++] = c;
  }

  void Bytes(const char* p, const char* end) {
    size_t size = static_cast<size_t>(end - p);
    if (size > sizeof(buffer_) - size_) {
      Flush();
      if (size > sizeof(buffer_) / 2) {
        out_->append(p, size);
        return;
      }
    }
    std::memcpy(buffer_ + size_, p, size);
    size_ += size;
  }

  void Spaces(size_t count) {
    while (count > 0) {
      if (size_ == sizeof(buffer_)) Flush();
      size_t now = std::min(count, sizeof(buffer_) - size_);
      std::memset(buffer_ + size_, ' ', now);
      size_ += now;
      count -= now;
    }
  }

  void Newline(int depth) {
    Byte('\n');
    Spaces(2 * static_cast<size_t>(std::max(depth, 0)));
  }

  void Char(uint32_t code_point, Charset charset) {
    if (sizeof(buffer_) - size_ < kMaxEncoded) Flush();
    size_ += EncodeChar(code_point, charset, buffer_ + size_);
  }

 private:
  void Flush() {
    out_->append(buffer_, size_);
    size_ = 0;
  }

  std::string* out_;
  size_t size_ = 0;
  char buffer_[8192];
};

void Restyler::Feed(std::string_view piece, std::string* out) {
  Output output(out);
  const char* p = piece.data();
  const char* end = p + piece.size();
  while (p != end) {
    switch (state_) {
      case State::kOutside:
        p = Outside(p, end, &output);
        break;
      case State::kString:
        p = String(p, p, end, &output);
        break;
      case State::kEscape:
        p = Escape(p, &output);
        break;
      case State::kHex:
        p = Hex(p, &output);
        break;
      case State::kUtf8:
        p = Partial(p, &output);
        break;
    }
  }
}

bool Restyler::Finish(std::string* out) {
  bool whole = state_ == State::kOutside && depth_ == style_.depth;
  {
    Output output(out);
    FlushSurrogate(&output);
  }
  *this = Restyler(style_);
  return whole;
}

const char* Restyler::Outside(const char* p, const char* end, Output* out) {
  while (p != end && state_ == State::kOutside) {
    switch (*p) {
      case ' ':
        p = SkipSpaces(p, end);
        break;
      case '\n':
      case '\r':
      case '\t':
        ++p;
        break;
      case '"':
        BeforeItem(out);
        p = String(p, p + 1, end, out);
        break;
      case ':':
        out->Byte(*p++);
        if (style_.layout != Layout::kCompact) out->Byte(' ');
        break;
      case ',':
        out->Byte(*p++);
        if (style_.layout == Layout::kSpaced) out->Byte(' ');
        if (IndentsHere()) out->Newline(depth_);
        break;
      case '{':
      case '[':
        Open(*p++, out);
        break;
      case '}':
      case ']':
        Close(*p++, out);
        break;
      default:
        p = Scalar(p, end, out);
    }
  }
  return p;
}

const char* Restyler::Scalar(const char* p, const char* end, Output* out) {
  BeforeItem(out);
  const char* run = p;
  while (p != end && !EndsScalar(*p)) ++p;
  out->Bytes(run, p);
  return p;
}

void Restyler::Open(char c, Output* out) {
  BeforeItem(out);
  out->Byte(c);
  ++depth_;
  just_opened_ = true;
}

void Restyler::Close(char c, Output* out) {
  --depth_;
  if (IndentsHere() && !just_opened_) out->Newline(depth_);
  just_opened_ = false;
  out->Byte(c);
}

bool Restyler::IndentsHere() const {
  return style_.layout == Layout::kIndented && depth_ <= kMostDepth;
}

void Restyler::BeforeItem(Output* out) {
  if (!just_opened_) return;
  just_opened_ = false;
  if (IndentsHere()) out->Newline(depth_);
}

// Copies from `run` on, as long as the text needs no change.
const char* Restyler::String(const char* run, const char* p, const char* end, Output* out) {
  state_ = State::kString;
  while (true) {
    if (high_ != 0 && p != end && *p != '\\') FlushSurrogate(out);
    p = style_.charset == Charset::kAscii ? FindStringSpecial<StopAt::kControlOrHigh>(p, end)
                                          : FindStringSpecial<StopAt::kControl>(p, end);
    if (p == end) break;
    if (*p == '"') {
      state_ = State::kOutside;
      ++p;
      break;
    }
    if (*p == '\\' && end - p >= 2 && high_ == 0 && IsVerbatimEscape(p[1])) {
      p += 2;
      continue;
    }
    out->Bytes(run, p);
    run = p = Special(p, end, out);
    if (state_ != State::kString) break;
  }
  out->Bytes(run, p);
  return p;
}

const char* Restyler::Special(const char* p, const char* end, Output* out) {
  unsigned char c = static_cast<unsigned char>(*p);
  if (c == '\\') {
    if (end - p >= 6 && p[1] == 'u') {
      CodeUnit(HexUnit(p + 2), out);
      return p + 6;
    }
    state_ = State::kEscape;
    return p + 1;
  }
  if (c >= 0x80) return High(p, end, out);
  out->Char(c, style_.charset);
  return p + 1;
}

// Handles a byte of 0x80 or more in the ASCII style.
const char* Restyler::High(const char* p, const char* end, Output* out) {
  int length = Utf8Length(static_cast<unsigned char>(*p));
  if (length != 0 && end - p < length) {
    state_ = State::kUtf8;
    have_ = 0;
    return p;
  }
  int32_t c = length == 0 ? -1 : DecodeUtf8(p, length);
  out->Char(c < 0 ? kReplacement : static_cast<uint32_t>(c), style_.charset);
  return p + (c < 0 ? 1 : length);
}

// Continues a UTF-8 sequence that was split between two pieces.
const char* Restyler::Partial(const char* p, Output* out) {
  utf8_[have_++] = *p;
  int length = Utf8Length(static_cast<unsigned char>(utf8_[0]));
  if (have_ < length) return p + 1;
  int32_t c = DecodeUtf8(utf8_, length);
  out->Char(c < 0 ? kReplacement : static_cast<uint32_t>(c), style_.charset);
  state_ = State::kString;
  return p + 1;
}

const char* Restyler::Escape(const char* p, Output* out) {
  if (*p == 'u') {
    state_ = State::kHex;
    unit_ = 0;
    have_ = 0;
    return p + 1;
  }
  FlushSurrogate(out);
  char plain = ShortEscape(*p);
  out->Char(static_cast<unsigned char>(plain != 0 ? plain : '\\'), style_.charset);
  state_ = State::kString;
  return plain != 0 ? p + 1 : p;
}

const char* Restyler::Hex(const char* p, Output* out) {
  unit_ = unit_ * 16 + static_cast<uint32_t>(HexValue(*p) & 15);
  if (++have_ == 4) {
    state_ = State::kString;
    CodeUnit(unit_, out);
  }
  return p + 1;
}

void Restyler::CodeUnit(uint32_t unit, Output* out) {
  if (high_ != 0 && IsLowSurrogate(unit)) {
    out->Char(JoinSurrogates(high_, unit), style_.charset);
    high_ = 0;
    return;
  }
  FlushSurrogate(out);
  if (IsHighSurrogate(unit)) {
    high_ = unit;
  } else {
    out->Char(unit, style_.charset);
  }
}

void Restyler::FlushSurrogate(Output* out) {
  if (high_ == 0) return;
  out->Char(high_, style_.charset);
  high_ = 0;
}

std::string Restyle(std::string_view json, Style style) {
  std::string out;
  out.reserve(json.size() + json.size() / 4);
  Restyler restyler(style);
  restyler.Feed(json, &out);
  restyler.Finish(&out);
  return out;
}

}  // namespace stateserver::json
