// SPDX-License-Identifier: Apache-2.0
//
// Respelling of column types and names by dialect: what SQLMesh makes of
// `node.columns` when it reads a stored snapshot (its _columns_validator).
#pragma once

#include <string>
#include <string_view>

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

}  // namespace stateserver::state
