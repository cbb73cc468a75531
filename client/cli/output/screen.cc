// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/screen.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include "common/uuid.h"

namespace stateserver::client {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr char32_t kInvalid = 0xFFFFFFFF;

struct Character {
  char32_t code = kInvalid;
  size_t size = 1;  // bytes
};

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Decodes the first character of a text that is not empty. Overlong forms, surrogates and numbers
// above U+10FFFF are invalid; of them, the first byte alone is consumed.
Character Decode(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  char32_t code = first & (0xFF >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return {};
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[size] || surrogate || code > 0x10FFFF) return {};
  return {code, size};
}

bool IsControl(char32_t c) {
  bool c0 = c < 0x20 || c == 0x7F;
  bool c1 = c >= 0x80 && c <= 0x9F;
  bool direction = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
                   (c >= 0x2066 && c <= 0x2069);
  return c0 || c1 || direction;
}

const std::string& Mark() {
  static const std::string mark = "\x1b" + NewHexId();
  return mark;
}

std::string JsonEscape(char32_t code) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(code));
  return text.data();
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    Character c = Decode(text);
    if (c.code == kInvalid) {
      out += kReplacement;
    } else if (IsControl(c.code)) {
      out += '?';
    } else {
      out += text.substr(0, c.size);
    }
    text.remove_prefix(c.size);
  }
  return out;
}

std::string OwnControls(std::string_view controls) {
  std::string out;
  for (char c : controls) {
    if (IsControl(static_cast<unsigned char>(c))) out += Mark();
    out += c;
  }
  return out;
}

std::streambuf::int_type ScreenBuffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  char byte = traits_type::to_char_type(c);
  return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
}

std::streamsize ScreenBuffer::xsputn(const char* text, std::streamsize size) {
  if (sink_ == nullptr) return 0;
  std::string out;
  out.reserve(static_cast<size_t>(size));
  for (std::string_view rest(text, static_cast<size_t>(size)); !rest.empty();) {
    if (rest.front() == '\x1b' && rest.starts_with(Mark()) && rest.size() > Mark().size()) {
      out += rest[Mark().size()];
      rest.remove_prefix(Mark().size() + 1);
      continue;
    }
    Character c = Decode(rest);
    bool layout = c.code == '\n' || c.code == '\t' || (form_ == Form::kJson && c.code == '\r');
    if (c.code == kInvalid) {
      out += kReplacement;
    } else if (!IsControl(c.code) || layout) {
      out += rest.substr(0, c.size);
    } else {
      out += form_ == Form::kJson ? JsonEscape(c.code) : "?";
    }
    rest.remove_prefix(c.size);
  }
  auto written = static_cast<std::streamsize>(out.size());
  return sink_->sputn(out.data(), written) == written ? size : 0;
}

int ScreenBuffer::sync() { return sink_ == nullptr ? -1 : sink_->pubsync(); }

}  // namespace stateserver::client
