// SPDX-License-Identifier: Apache-2.0
//
// Small pieces of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::revisions {

// Without white space at both ends.
std::string_view Stripped(std::string_view text);

// The parts between commas, stripped, without empty ones.
std::vector<std::string> SplitList(std::string_view text);
std::string JoinList(const std::vector<std::string>& parts, std::string_view separator = ", ");

// Lower case of ASCII letters.
std::string Lower(std::string_view text);

}  // namespace stateserver::revisions
