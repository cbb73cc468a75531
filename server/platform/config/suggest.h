// SPDX-License-Identifier: Apache-2.0
//
// "did you mean …?" for a misspelt word.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace stateserver::config {

// The candidate nearest to `word` by insertions, deletions, replacements and
// swaps of neighbours (letters compared without case); empty when none is near
// enough to be meant: one slip for up to 4 letters, else two.
std::string Suggest(std::string_view word, const std::set<std::string>& candidates);

}  // namespace stateserver::config
