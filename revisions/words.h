// SPDX-License-Identifier: Apache-2.0
//
// Helpers for short texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::revisions {

// Removes white space at both ends.
std::string_view Stripped(std::string_view text);

// Splits at commas, trims the parts and omits empty ones.
std::vector<std::string> SplitList(std::string_view text);
std::string JoinList(const std::vector<std::string>& parts, std::string_view separator = ", ");

// Converts ASCII letters to lower case.
std::string Lower(std::string_view text);

}  // namespace stateserver::revisions
