// SPDX-License-Identifier: Apache-2.0
//
// How the sqlglot versions of SQLMesh's releases spell column types and field expressions, as
// measured rules per dialect.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace stateserver::state {

// "KEY=PATTERN" rules; a rule without a pattern has an empty view. The views are valid for the life
// of the program.
using SpellingRules = std::unordered_map<std::string_view, std::string_view>;

// Adds "KEY=PATTERN|KEY|...|" to `rules`, replacing those with the same key.
void AddSpellingRules(std::string_view text, SpellingRules* rules);

// SqlglotRelease is a sqlglot version, "26.16" or "26.16.4", as 2616. 0 means the newest known one.
struct SqlglotRelease {
  int number = 0;

  SqlglotRelease() = default;
  // An unreadable text means the newest.
  explicit SqlglotRelease(std::string_view version);
};

// DialectSpellings holds what a dialect of a sqlglot version does to field expressions, and how its
// column types differ from those of the newest.
struct DialectSpellings {
  SpellingRules expressions;
  // Changes to the newest version's rules of column types. A rule ~ removes one.
  SpellingRules types;
  // Pairs of an opening quote and the conversion of a name in such quotes, as for `case`.
  std::string identifiers;
  // The conversion of plain names and of others: l lower case, u upper case, n unchanged, x not
  // proven.
  std::string cases;
  std::string quote;
};

// Returns false if nothing is proven for the dialect in this version. A version between two
// measured ones has the rules that both have.
bool FindSpellings(std::string_view dialect, SqlglotRelease release, DialectSpellings* spellings);

// Returns true for a word that is not simply the name of a column in some dialect. Expects upper
// case.
bool IsSpecialWord(std::string_view word);

}  // namespace stateserver::state
