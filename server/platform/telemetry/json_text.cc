// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/json_text.h"

#include <cstdio>

#include "common/utf8.h"

namespace stateserver::telemetry {
namespace {

constexpr unsigned char kDelete = 0x7F;

bool IsControl(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == kDelete;
}

void AppendEscaped(char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      break;
  }
  if (!IsControl(c)) {
    out->push_back(c);
    return;
  }
  char buffer[8];
  std::snprintf(buffer, sizeof(buffer), "\\u%04x", static_cast<unsigned char>(c));
  out->append(buffer);
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (char c : ToValidUtf8(text)) AppendEscaped(c, out);
  out->push_back('"');
}

void AppendTextWord(std::string_view text, bool quote_spaces, std::string* out) {
  bool plain = !(quote_spaces && text.empty());
  for (char c : text) {
    if (IsControl(c) || (quote_spaces && (c == ' ' || c == '=' || c == '"'))) plain = false;
  }
  if (plain) {
    out->append(ToValidUtf8(text));
  } else {
    AppendJsonString(text, out);
  }
}

}  // namespace stateserver::telemetry
