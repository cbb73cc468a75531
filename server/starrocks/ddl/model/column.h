// SPDX-License-Identifier: Apache-2.0
//
// Columns of tables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/starrocks/ddl/model/data_type.h"

namespace stateserver::schema {

struct DefaultValue {
  enum class Kind {
    kText,        // DEFAULT "7"; numbers are written as texts, too
    kNull,        // DEFAULT NULL
    kTimestamp,   // DEFAULT CURRENT_TIMESTAMP, with `text` "3" for (3)
    kExpression,  // DEFAULT (uuid())
  };
  Kind kind = Kind::kText;
  std::string text;

  bool operator==(const DefaultValue&) const = default;
};

// The state of an aggregate function as a column: `AVG(BIGINT)`.
struct AggregateState {
  std::string function;  // lower-case
  std::vector<DataType> arguments;

  bool operator==(const AggregateState&) const = default;
};

struct Column {
  std::string name;  // as spelled; two names are the same whatever their case
  // Absent for a column that is the state of an aggregate.
  std::optional<DataType> type;
  std::optional<AggregateState> state;
  bool key = false;                      // the marker KEY
  std::optional<std::string> aggregate;  // upper-case: SUM, REPLACE_IF_NOT_NULL
  std::optional<bool> nullable;          // absent: not said
  bool auto_increment = false;
  std::optional<DefaultValue> default_value;
  std::optional<std::string> generated;  // the expression's text
  std::string comment;

  bool operator==(const Column&) const = default;
};

}  // namespace stateserver::schema
