// SPDX-License-Identifier: Apache-2.0
//
// A text as a seed's CSV, and as one of its numbers.
#include <cmath>
#include <string>

#include "server/sqlmesh/seed/csv.h"
#include "server/sqlmesh/seed/number.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
namespace state = stateserver::state;

std::string Field(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

void CheckCsv(std::string_view text) {
  std::string reason;
  auto table = state::ReadCsv(text, {}, &reason);
  if (!table) return Check(!reason.empty());
  Check(table->columns.size() == table->header.size());
  std::string printed;
  for (size_t i = 0; i < table->header.size(); ++i) {
    printed += (i == 0 ? "" : ",") + Field(table->header[i]);
  }
  printed += '\n';
  for (size_t row = 0; row < table->rows; ++row) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      Check(table->columns[i].size() == table->rows);
      printed += (i == 0 ? "" : ",") + Field(table->columns[i][row]);
    }
    printed += '\n';
  }
  auto again = state::ReadCsv(printed, {}, &reason);
  // A value that pandas would read differently in quotes, such as an empty line, has a reason.
  if (!again) return Check(!reason.empty());
  Check(again->header == table->header && again->columns == table->columns);
}

void CheckNumber(std::string_view text) {
  state::ParsedNumber number = state::ParseNumber(text);
  if (number.kind == state::NumberKind::kInteger) {
    state::ParsedNumber again = state::ParseNumber(std::to_string(number.integer));
    Check(again.kind == state::NumberKind::kInteger && again.integer == number.integer);
  }
  if (number.kind == state::NumberKind::kDecimal) {
    Check(std::isfinite(number.real));
    std::string json;
    state::AppendReal(number.real, &json);
    Check(!json.empty() && json.find_first_not_of("-+.0123456789e") == json.npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = stateserver::fuzz::TextOf(data, size);
  CheckCsv(text);
  CheckNumber(text);
  return 0;
}
