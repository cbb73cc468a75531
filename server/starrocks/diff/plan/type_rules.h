// SPDX-License-Identifier: Apache-2.0
//
// The types that MODIFY COLUMN can convert to each other.
#pragma once

#include <string>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// ColumnPurpose is what a column is used for; it limits the types.
struct ColumnPurpose {
  bool key = false;
  std::string aggregate;  // SUM, MAX, …; empty if none
};

// Returns the engine's reason for rejecting the conversion, or "" if it accepts it.
std::string WhyNotConvert(const DataType& from, const DataType& to, const ColumnPurpose& purpose);

}  // namespace stateserver::schema
