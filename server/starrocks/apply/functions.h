// SPDX-License-Identifier: Apache-2.0
//
// Functions and operators of queries.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/starrocks/apply/types.h"

namespace stateserver::apply {

bool IsKnownFunction(std::string_view lower);
bool IsAggregate(std::string_view lower);

// Returns the type of a known function's result, or nullopt if it is not known.
std::optional<DataType> ResultType(std::string_view lower,
                                   const std::vector<std::optional<DataType>>& arguments);

// Returns the type of `a op b` for + - * / %, or nullopt if it is not known.
std::optional<DataType> ArithmeticType(char op, const std::optional<DataType>& a,
                                       const std::optional<DataType>& b);

}  // namespace stateserver::apply
