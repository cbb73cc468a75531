// SPDX-License-Identifier: Apache-2.0
//
// Words of queries.
#pragma once

#include <string_view>

namespace stateserver::schema::query {

// Returns true for SECOND, DAY, … (in upper case).
bool IsTimeUnit(std::string_view upper);

// Returns true for functions that may be called without brackets, such as CURRENT_DATE (in upper
// case).
bool IsBareFunction(std::string_view upper);

// Returns true for words (in upper case) that continue a query, so that no call begins with them.
bool IsClauseWord(std::string_view upper);

}  // namespace stateserver::schema::query
