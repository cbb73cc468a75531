// SPDX-License-Identifier: Apache-2.0
//
// Numbers in the fields of a seed, read and written as pandas does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stateserver::state {

enum class NumberKind {
  kNone,       // not a number in pandas
  kInteger,    // digits with or without a sign
  kDecimal,    // with a point or an exponent
  kUncertain,  // a number outside the range with a proven result
};

struct ParsedNumber {
  NumberKind kind = NumberKind::kNone;
  int64_t integer = 0;  // set for kInteger
  // Set for both. Exact for an integer up to 2^53; the ten decimals of a decimal equal those of the
  // number that pandas reads.
  double real = 0;
};

// Parses a field. Allows white space around the number, as pandas does.
ParsedNumber ParseNumber(std::string_view field);

// Appends the value as pandas' to_json writes it with its ten decimals: 0.1, 2.0, 1234.5678901235.
// `value` must be 0 or have a magnitude between 1e-15 and 1e15.
void AppendReal(double value, std::string* json);

}  // namespace stateserver::state
