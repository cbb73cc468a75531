// SPDX-License-Identifier: Apache-2.0
//
// Suggestions for misspelled words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stateserver {

// Returns the number of insertions, deletions, replacements and swaps of neighbours that turn one
// into the other, ignoring case. No letter is changed twice. Takes time and memory proportional to
// the product of the lengths.
size_t EditDistance(std::string_view a, std::string_view b);

// Longer words get no suggestion.
inline constexpr size_t kLongestMisspelled = 64;

// Returns the most edits with which a suggestion is still close to `word`: one for up to 4 letters,
// otherwise two.
inline size_t MostEdits(std::string_view word) { return word.size() <= 4 ? 1 : 2; }

// Returns the first of the candidates nearest to `word`, or "" if none is close enough.
template <typename Words>
std::string NearestWord(std::string_view word, const Words& candidates) {
  if (word.size() > kLongestMisspelled) return "";
  std::string best;
  size_t most = MostEdits(word);
  for (std::string_view candidate : candidates) {
    if (candidate.size() > word.size() + most) continue;
    size_t distance = EditDistance(word, candidate);
    if (distance > most || (!best.empty() && distance == most)) continue;
    most = distance;
    best = candidate;
  }
  return best;
}

}  // namespace stateserver
