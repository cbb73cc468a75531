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
  kNone,       // no number to pandas
  kInteger,    // digits with or without a sign
  kDecimal,    // with a point or an exponent
  kUncertain,  // a number, but beyond what is known to come out the same
};

struct ParsedNumber {
  NumberKind kind = NumberKind::kNone;
  int64_t integer = 0;  // of kInteger
  // Of both. Exact for an integer up to 2^53; the ten decimals of a decimal are
  // those of the number pandas reads.
  double real = 0;
};

// White space around the number is allowed, as in pandas.
ParsedNumber ParseNumber(std::string_view field);

// As pandas' to_json with its ten decimals writes it: 0.1, 2.0, 1234.5678901235.
// `value` must be 0 or between 1e-15 and 1e15 in size.
void AppendReal(double value, std::string* json);

}  // namespace stateserver::state
