// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/json_dumps.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/json/text.h"
#include "server/sqlmesh/records/json_output.h"

namespace stateserver::fingerprint {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

bool AppendObject(element value, std::string* out) {
  std::vector<std::pair<std::string_view, element>> members;
  for (auto [key, member] : state::AsObject(value)) members.emplace_back(key, member);
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  out->push_back('{');
  bool first = true;
  for (const auto& [key, member] : members) {
    if (!first) out->append(", ");
    first = false;
    AppendAsciiString(key, out);
    out->append(": ");
    if (!AppendSortedJson(member, out)) return false;
  }
  out->push_back('}');
  return true;
}

bool AppendArray(element value, std::string* out) {
  out->push_back('[');
  bool first = true;
  for (element member : state::AsArray(value)) {
    if (!first) out->append(", ");
    first = false;
    if (!AppendSortedJson(member, out)) return false;
  }
  out->push_back(']');
  return true;
}

}  // namespace

void AppendAsciiString(std::string_view text, std::string* out) {
  json::AppendQuoted(text, json::Charset::kAscii, out);
}

bool AppendSortedJson(element value, std::string* out) {
  switch (value.type()) {
    case element_type::OBJECT:
      return AppendObject(value, out);
    case element_type::ARRAY:
      return AppendArray(value, out);
    case element_type::STRING:
      AppendAsciiString(value.get_string().value_unsafe(), out);
      return true;
    case element_type::DOUBLE:
      return false;
    default:
      state::AppendValue(value, out);
      return true;
  }
}

}  // namespace stateserver::fingerprint
