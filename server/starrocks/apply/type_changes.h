// SPDX-License-Identifier: Apache-2.0
//
// Changes of a column's type by MODIFY COLUMN.
#pragma once

#include "server/starrocks/apply/types.h"
#include "server/starrocks/apply/verdict.h"

namespace stateserver::apply {

// Returns whether MODIFY COLUMN converts `from` to `to`. `key` is true for a column of the key.
// Only the types are considered, not what the key or an aggregate function requires of a type.
Verdict CheckTypeChange(const DataType& from, const DataType& to, bool key);

}  // namespace stateserver::apply
