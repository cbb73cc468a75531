// SPDX-License-Identifier: Apache-2.0

#include "common/json/text.h"

#include "common/json/restyler.h"

namespace stateserver::json {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

size_t EncodeUnit(uint32_t unit, char* to) {
  to[0] = '\\';
  to[1] = 'u';
  for (int i = 0; i < 4; ++i) to[2 + i] = kHexDigits[(unit >> (12 - 4 * i)) & 15];
  return 6;
}

size_t EncodeUtf8(uint32_t c, char* to) {
  if (c < 0x80) {
    to[0] = static_cast<char>(c);
    return 1;
  }
  if (c < 0x800) {
    to[0] = static_cast<char>(0xc0 | (c >> 6));
    to[1] = static_cast<char>(0x80 | (c & 63));
    return 2;
  }
  if (c < 0x10000) {
    to[0] = static_cast<char>(0xe0 | (c >> 12));
    to[1] = static_cast<char>(0x80 | ((c >> 6) & 63));
    to[2] = static_cast<char>(0x80 | (c & 63));
    return 3;
  }
  to[0] = static_cast<char>(0xf0 | (c >> 18));
  to[1] = static_cast<char>(0x80 | ((c >> 12) & 63));
  to[2] = static_cast<char>(0x80 | ((c >> 6) & 63));
  to[3] = static_cast<char>(0x80 | (c & 63));
  return 4;
}

// Returns the letter of the short escape of `c`, or 0.
char ShortForm(uint32_t c) {
  switch (c) {
    case '\b':
      return 'b';
    case '\t':
      return 't';
    case '\n':
      return 'n';
    case '\f':
      return 'f';
    case '\r':
      return 'r';
    case '"':
      return '"';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

// Removes one character from the front of `raw`, which starts with '\'.
uint32_t ConsumeEscape(std::string_view* raw) {
  char kind = raw->size() > 1 ? (*raw)[1] : 0;
  if (kind != 'u' || raw->size() < 6) {
    raw->remove_prefix(raw->size() > 1 ? 2 : 1);
    char plain = ShortEscape(kind);
    return plain != 0 ? static_cast<unsigned char>(plain) : kReplacement;
  }
  uint32_t unit = 0;
  for (char c : raw->substr(2, 4)) unit = unit * 16 + static_cast<uint32_t>(HexValue(c) & 15);
  raw->remove_prefix(6);
  return unit;
}

}  // namespace

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char ShortEscape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

int Utf8Length(unsigned char lead) {
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

int32_t DecodeUtf8(const char* p, int length) {
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  uint32_t c = static_cast<unsigned char>(p[0]) & (0xffu >> (length + 1));
  for (int i = 1; i < length; ++i) {
    unsigned char byte = static_cast<unsigned char>(p[i]);
    if ((byte & 0xc0) != 0x80) return -1;
    c = (c << 6) | (byte & 63);
  }
  if (c < kSmallest[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return -1;
  return static_cast<int32_t>(c);
}

size_t EncodeChar(uint32_t c, Charset charset, char* to) {
  if (char letter = ShortForm(c)) {
    to[0] = '\\';
    to[1] = letter;
    return 2;
  }
  bool surrogate = c >= 0xd800 && c < 0xe000;
  bool raw = charset == Charset::kAscii ? c >= ' ' && c <= '~' : c >= ' ' && !surrogate;
  if (raw) return EncodeUtf8(c, to);
  if (c < 0x10000) return EncodeUnit(c, to);
  size_t size = EncodeUnit(0xd800 + ((c - 0x10000) >> 10), to);
  return size + EncodeUnit(0xdc00 + (c & 0x3ff), to + size);
}

void AppendQuoted(std::string_view text, Charset charset, std::string* out) {
  out->push_back('"');
  const char* p = text.data();
  const char* end = p + text.size();
  while (true) {
    const char* special = FindStringSpecial<StopAt::kControlOrHigh>(p, end);
    out->append(p, special);
    if (special == end) break;
    unsigned char lead = static_cast<unsigned char>(*special);
    int length = lead < 0x80 ? 1 : Utf8Length(lead);
    int32_t c = lead;
    if (length != 1) c = length == 0 || end - special < length ? -1 : DecodeUtf8(special, length);
    char encoded[kMaxEncoded];
    out->append(encoded, EncodeChar(c < 0 ? kReplacement : c, charset, encoded));
    p = special + (c < 0 ? 1 : length);
  }
  out->push_back('"');
}

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(text, Charset::kUtf8, &out);
  return out;
}

void AppendUnescaped(std::string_view raw, std::string* out) {
  char utf8[4];
  while (!raw.empty()) {
    size_t plain = raw.find('\\');
    out->append(raw.substr(0, plain));
    if (plain == std::string_view::npos) return;
    raw.remove_prefix(plain);
    uint32_t c = ConsumeEscape(&raw);
    if (IsHighSurrogate(c) && raw.substr(0, 2) == "\\u") {
      std::string_view rest = raw;
      uint32_t low = ConsumeEscape(&rest);
      if (IsLowSurrogate(low)) {
        c = JoinSurrogates(c, low);
        raw = rest;
      }
    }
    if (c >= 0xd800 && c < 0xe000) c = kReplacement;
    out->append(utf8, EncodeUtf8(c, utf8));
  }
}

}  // namespace stateserver::json
