// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/python_repr.h"

#include "server/sqlmesh/records/json_output.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

void AppendText(std::string_view text, std::string* out) {
  bool apostrophe = text.find('\'') != text.npos;
  char quote = apostrophe && text.find('"') == text.npos ? '"' : '\'';
  out->push_back(quote);
  for (char c : text) {
    constexpr char kHex[] = "0123456789abcdef";
    auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out->append({'\\', c});
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (byte < 0x20 || byte == 0x7f) {
      out->append({'\\', 'x', kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out->push_back(c);
    }
  }
  out->push_back(quote);
}

void AppendRepr(element value, std::string* out) {
  switch (value.type()) {
    case element_type::STRING:
      AppendText(value.get_string().value_unsafe(), out);
      break;
    case element_type::OBJECT: {
      const char* separator = "{";
      for (auto [key, member] : AsObject(value)) {
        out->append(separator);
        separator = ", ";
        AppendText(key, out);
        out->append(": ");
        AppendRepr(member, out);
      }
      out->append(*separator == '{' ? "{}" : "}");
      break;
    }
    case element_type::ARRAY: {
      const char* separator = "[";
      for (element member : AsArray(value)) {
        out->append(separator);
        separator = ", ";
        AppendRepr(member, out);
      }
      out->append(*separator == '[' ? "[]" : "]");
      break;
    }
    case element_type::BOOL:
      out->append(value.get_bool().value_unsafe() ? "True" : "False");
      break;
    case element_type::NULL_VALUE:
      out->append("None");
      break;
    default:
      AppendValue(value, out);
  }
}

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

std::string PythonRepr(element value) {
  std::string out;
  AppendRepr(value, &out);
  return out;
}

std::string PythonRepr(std::string_view text) {
  std::string out;
  AppendText(text, &out);
  return out;
}

std::string PythonStr(element value) {
  if (value.is_string()) return std::string(value.get_string().value_unsafe());
  return PythonRepr(value);
}

std::string_view PythonType(element value) {
  switch (value.type()) {
    case element_type::STRING:
      return "str";
    case element_type::OBJECT:
      return "dict";
    case element_type::ARRAY:
      return "list";
    case element_type::DOUBLE:
      return "float";
    case element_type::BOOL:
      return "bool";
    case element_type::NULL_VALUE:
      return "NoneType";
    default:
      return "int";
  }
}

std::string Shortened(const std::string& repr) {
  if (repr.size() <= 50) return repr;
  size_t head = 25;
  while (!StartsCharacter(repr[head])) --head;
  size_t tail = repr.size() - 24;
  while (tail < repr.size() && !StartsCharacter(repr[tail])) ++tail;
  return repr.substr(0, head) + "..." + repr.substr(tail);
}

}  // namespace stateserver::state
