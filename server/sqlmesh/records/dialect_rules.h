// SPDX-License-Identifier: Apache-2.0
//
// The rules of one dialect of one sqlglot version.
#pragma once

#include <string>
#include <string_view>

#include "server/sqlmesh/records/spellings.h"

namespace stateserver::state {

struct NestedType;

// DialectRules is immutable.
class DialectRules {
 public:
  // `type_rules` are those of the newest version; null leaves types unchanged.
  DialectRules(const char* type_rules, DialectSpellings spellings);

  // Return false if no rule is proven; the text appended is then unspecified.
  bool AppendType(std::string_view type, int depth, std::string* out) const;
  bool AppendName(std::string_view name, std::string* out) const;

  // Appends a name in the dialect's quotes.
  void AppendQuoted(std::string_view name, std::string* out) const;
  // Returns the pattern of a key of MeasuredDialect::expressions, or null.
  const std::string_view* FindExpression(std::string_view key) const;
  // Returns pairs of an opening quote and the conversion of a name in such quotes.
  std::string_view identifiers() const { return spellings_.identifiers; }
  // Returns the conversion of a plain name.
  char plain_case() const { return spellings_.cases[0]; }

 private:
  // Returns the pattern of a key, or "".
  std::string_view Pattern(std::string_view key) const;
  bool AppendNested(std::string_view type, int depth, std::string* out) const;
  bool AppendParts(std::string_view pattern, const NestedType& nested, int depth,
                   std::string* out) const;

  bool identity_;
  DialectSpellings spellings_;
  SpellingRules types_;
};

// Appends the name in lower case for the rule l, in upper case for u, and otherwise unchanged.
void AppendInCase(char rule, std::string_view name, std::string* out);

}  // namespace stateserver::state
