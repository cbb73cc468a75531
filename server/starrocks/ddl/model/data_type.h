// SPDX-License-Identifier: Apache-2.0
//
// Types of StarRocks columns, in one spelling each.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace stateserver::schema {

struct StructField;

// `name` is upper-case and the engine's own: INT for INTEGER, VARCHAR for
// STRING and TEXT, DECIMAL for NUMERIC and the DECIMAL32 to DECIMALV2 that are
// stored so, VARBINARY for BINARY. Display widths of integers and the precision
// of FLOAT are dropped, since the engine drops them; a length or a precision
// left out is the engine's default (VARCHAR(1), DECIMAL(10, 0)).
struct DataType {
  std::string name;
  std::optional<int> length;            // CHAR, VARCHAR: bytes; VARBINARY may have none
  std::optional<int> precision, scale;  // DECIMAL
  // ARRAY: one, MAP: key and value; both without names. STRUCT: in order.
  std::vector<StructField> fields;

  bool operator==(const DataType&) const;
};

struct StructField {
  std::string name;
  DataType type;

  bool operator==(const StructField& other) const {
    return name == other.name && type == other.type;
  }
};

// Written out: clang 14 breaks on a defaulted one that comes back to itself.
inline bool DataType::operator==(const DataType& other) const {
  return name == other.name && length == other.length && precision == other.precision &&
         scale == other.scale && fields == other.fields;
}

// What STRING is.
inline constexpr int kStringLength = 65533;

}  // namespace stateserver::schema
