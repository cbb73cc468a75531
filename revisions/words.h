// SPDX-License-Identifier: Apache-2.0
//
// Helpers for short texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::revisions {

// Splits at commas, trims the parts and omits empty ones.
std::vector<std::string> SplitList(std::string_view text);
std::string JoinList(const std::vector<std::string>& parts, std::string_view separator = ", ");

}  // namespace stateserver::revisions
