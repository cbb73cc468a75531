// SPDX-License-Identifier: Apache-2.0
//
// Conversion of column types and names by dialect, equivalent to SQLMesh's _columns_validator,
// which converts `node.columns` when it reads a stored snapshot.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/sqlmesh/records/spellings.h"

namespace stateserver::state {

class DialectRules;

// Returns the rules of a dialect (lower case, as SQLMesh stores it) in a version of sqlglot, by
// default the newest, or null if no rules are proven for it. "" has rules: types are unchanged. The
// result is valid for the life of the program. Thread-safe.
const DialectRules* FindDialect(std::string_view dialect, SqlglotRelease release = {});

// Appends the type in the dialect's spelling. If no rule is proven for this text, appends it
// unchanged and returns false. `rules` may be null.
bool AppendColumnType(const DialectRules* rules, std::string_view type, std::string* out);

// Appends the column name in the dialect's case. If no rule is proven, appends it unchanged and
// returns false.
bool AppendColumnName(const DialectRules* rules, std::string_view name, std::string* out);

// Appends a bare column name, quoted and in the dialect's case: "valid_from" or `valid_from`. Uses
// double quotes for an unknown dialect.
void AppendQuotedColumn(const DialectRules* rules, std::string_view name, std::string* out);

// Returns true for an ASCII letter, a digit or '_'.
bool IsWordChar(char c);

// CanonicalType is a type in the form of the table's keys: upper case, one space between words and
// none elsewhere, # for each number.
class CanonicalType {
 public:
  // Returns false if no key can match: the type is too long, or has more than two numbers.
  bool Parse(std::string_view text);

  std::string_view key() const { return {key_, size_}; }
  std::string_view number(int i) const { return numbers_[i]; }

 private:
  // Longer types are the user's own nested types.
  static constexpr size_t kMaxKey = 64;
  static constexpr int kMaxNumbers = 2;

  bool AddNumber(std::string_view text, size_t* at);

  char key_[kMaxKey];
  size_t size_ = 0;
  std::string_view numbers_[kMaxNumbers];
  int count_ = 0;
};

// NestedType is a type composed of others: T[], ARRAY<T>, MAP(K, V), STRUCT<a T, b: T>.
struct NestedType {
  // The key of its rule: "*[]", "ARRAY<*>", "MAP(*,*)", "STRUCT<x *>".
  std::string shape;
  bool has_names = false;
  // {name, type}; names are empty without has_names.
  std::vector<std::pair<std::string_view, std::string_view>> parts;

  // Returns false if `type` is not a nested type.
  bool Parse(std::string_view type);

 private:
  bool ParsePart(std::string_view text, bool first);
};

}  // namespace stateserver::state
