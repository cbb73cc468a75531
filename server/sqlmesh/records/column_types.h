// SPDX-License-Identifier: Apache-2.0
//
// Respelling of column types and names by dialect: what SQLMesh makes of
// `node.columns` when it reads a stored snapshot (its _columns_validator).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stateserver::state {

class DialectRules;

// The rules of a dialect (lower case, as SQLMesh stores it); nullptr when no
// rules are proven for it. "" has rules: text stays as it is. The result lives
// as long as the program. Thread-safe.
const DialectRules* FindDialect(std::string_view dialect);

// Appends the type as the dialect spells it. False when no rule is proven for
// this text; it is then appended unchanged. `rules` may be nullptr.
bool AppendColumnType(const DialectRules* rules, std::string_view type, std::string* out);

// Appends the column name in the dialect's case. False: not proven, unchanged.
bool AppendColumnName(const DialectRules* rules, std::string_view name, std::string* out);

// A bare column name, quoted and in the dialect's case: "valid_from" or
// `valid_from`. With double quotes for an unknown dialect.
void AppendQuotedColumn(const DialectRules* rules, std::string_view name, std::string* out);

// ASCII letter, digit or '_'.
bool IsWordChar(char c);
char UpperChar(char c);

// A type as the table's keys are written: upper case, one space between words
// and none elsewhere, # for each number.
class CanonicalType {
 public:
  // False when no key can be like it: too long, or more than two numbers.
  bool Parse(std::string_view text);

  std::string_view key() const { return {key_, size_}; }
  std::string_view number(int i) const { return numbers_[i]; }

 private:
  // Longer types are nested ones of the user's own.
  static constexpr size_t kMaxKey = 64;
  static constexpr int kMaxNumbers = 2;

  bool AddNumber(std::string_view text, size_t* at);

  char key_[kMaxKey];
  size_t size_ = 0;
  std::string_view numbers_[kMaxNumbers];
  int count_ = 0;
};

// A type made of others: T[], ARRAY<T>, MAP(K, V), STRUCT<a T, b: T>.
struct NestedType {
  // The key of its rule: "*[]", "ARRAY<*>", "MAP(*,*)", "STRUCT<x *>".
  std::string shape;
  bool has_names = false;
  // {name, type}; names are empty without has_names.
  std::vector<std::pair<std::string_view, std::string_view>> parts;

  // False when it is not such a type.
  bool Parse(std::string_view type);

 private:
  bool ParsePart(std::string_view text, bool first);
};

}  // namespace stateserver::state
