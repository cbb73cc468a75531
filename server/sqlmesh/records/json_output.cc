// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/json_output.h"

#include <charconv>

namespace stateserver::state {

namespace {

using simdjson::dom::element_type;

void AppendObject(simdjson::dom::object object, std::string* out) {
  char separator = '{';
  for (auto [key, value] : object) {
    out->push_back(separator);
    separator = ',';
    AppendString(key, out);
    out->push_back(':');
    AppendValue(value, out);
  }
  if (separator == '{') out->push_back('{');
  out->push_back('}');
}

void AppendArray(simdjson::dom::array array, std::string* out) {
  char separator = '[';
  for (simdjson::dom::element value : array) {
    out->push_back(separator);
    separator = ',';
    AppendValue(value, out);
  }
  if (separator == '[') out->push_back('[');
  out->push_back(']');
}

void AppendControl(unsigned char c, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out->append("\\\"");
      break;
    case '\\':
      out->append("\\\\");
      break;
    case '\b':
      out->append("\\b");
      break;
    case '\f':
      out->append("\\f");
      break;
    case '\n':
      out->append("\\n");
      break;
    case '\r':
      out->append("\\r");
      break;
    case '\t':
      out->append("\\t");
      break;
    default:
      out->append({'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]});
  }
}

// Appends the value like Python's repr (1.0, 0.1, 1e+16): the shortest digits that read back as the
// same value, with an exponent only below 1e-4 and from 1e16.
void AppendFloat(double value, std::string* out) {
  char text[40];
  double size = value < 0 ? -value : value;
  bool fixed = value == 0 || (size >= 1e-4 && size < 1e16);
  auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  auto end = std::to_chars(text, text + sizeof(text), value, format).ptr;
  std::string_view digits(text, end - text);
  out->append(digits);
  if (fixed && digits.find('.') == digits.npos) out->append(".0");
}

}  // namespace

void AppendEscaped(std::string_view text, const char* special, std::string* out) {
  const char* run = text.data();
  const char* end = run + text.size();
  while (special != end) {
    out->append(run, special - run);
    AppendControl(static_cast<unsigned char>(*special), out);
    run = special + 1;
    special = json::FindStringSpecial<json::StopAt::kControl>(run, end);
  }
  out->append(run, end - run);
}

void AppendInteger(int64_t value, std::string* out) {
  char text[24];
  auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  out->append(text, end - text);
}

void AppendValue(simdjson::dom::element value, std::string* out) {
  switch (value.type()) {
    case element_type::STRING:
      AppendString(value.get_string().value_unsafe(), out);
      break;
    case element_type::OBJECT:
      AppendObject(AsObject(value), out);
      break;
    case element_type::ARRAY:
      AppendArray(AsArray(value), out);
      break;
    case element_type::INT64:
      AppendInteger(value.get_int64().value_unsafe(), out);
      break;
    case element_type::UINT64:
      out->append(std::to_string(value.get_uint64().value_unsafe()));
      break;
    case element_type::DOUBLE:
      AppendFloat(value.get_double().value_unsafe(), out);
      break;
    case element_type::BOOL:
      out->append(value.get_bool().value_unsafe() ? "true" : "false");
      break;
    case element_type::NULL_VALUE:
      out->append("null");
      break;
  }
}

}  // namespace stateserver::state
