// SPDX-License-Identifier: Apache-2.0
//
// The text that represents an expression in a fingerprint: the result of sqlglot's simplify.gen()
// for the parsed expression, which is not SQL.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/sqlmesh/fingerprint/fields.h"
#include "server/sqlmesh/fingerprint/gen/tokens.h"

namespace stateserver::fingerprint {

struct GenOptions {
  const Dialect* dialect = nullptr;  // null if no rules are proven for the dialect
  // Identifiers are normalised and quoted, as in kind, partitioned_by and clustered_by.
  bool quoted = false;
  // `source` and `target` before a column name the merge's tables.
  bool merge_aliases = false;
  // Receives the text of every column in the expression.
  std::vector<std::string>* columns = nullptr;
};

// Each function appends to `out`, or records a phrase in `unsupported` and returns false.
bool GenExpression(std::string_view text, const GenOptions& options, std::string* out,
                   Unsupported* unsupported);
// Reads "(WHEN MATCHED THEN UPDATE SET a = b ...)".
bool GenWhens(std::string_view text, const GenOptions& options, std::string* out,
              Unsupported* unsupported);

struct Property {
  std::string name;
  bool string_name = false;  // 'name', not name
  bool quoted_name = false;
  std::string value;
};
// Reads "(a = 1, 'b' = x)".
bool ReadProperties(std::string_view text, const GenOptions& options, std::vector<Property>* out,
                    Unsupported* unsupported);
// Returns the whole tuple of properties as one text.
std::string GenProperties(const std::vector<Property>& properties);

// GrantList holds the names and values of "('select' = ['a', 'b'], insert = c)", without gen.
using GrantList = std::vector<std::pair<std::string, std::vector<std::string>>>;
bool ReadGrants(std::string_view text, const Dialect* dialect, GrantList* out,
                Unsupported* unsupported);

}  // namespace stateserver::fingerprint
