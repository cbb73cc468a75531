// SPDX-License-Identifier: Apache-2.0
//
// The text that stands for an expression inside a fingerprint: sqlglot's
// simplify.gen() of what it parses, not SQL.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/sqlmesh/fingerprint/fields.h"
#include "server/sqlmesh/fingerprint/gen/tokens.h"

namespace stateserver::fingerprint {

struct GenOptions {
  const Dialect* dialect = nullptr;  // nullptr: no rules are proven for it
  // Identifiers are normalised and quoted, as in kind, partitioned_by, clustered_by.
  bool quoted = false;
  // source and target in front of a column stand for the merge's tables.
  bool merge_aliases = false;
  // Receives the text of every column met.
  std::vector<std::string>* columns = nullptr;
};

// Each appends to `out`, or notes a phrase in `unsupported` and answers false.
bool GenExpression(std::string_view text, const GenOptions& options, std::string* out,
                   Unsupported* unsupported);
// "(WHEN MATCHED THEN UPDATE SET a = b ...)".
bool GenWhens(std::string_view text, const GenOptions& options, std::string* out,
              Unsupported* unsupported);

struct Property {
  std::string name;
  bool string_name = false;  // 'name', not name
  bool quoted_name = false;
  std::string value;
};
// "(a = 1, 'b' = x)".
bool ReadProperties(std::string_view text, const GenOptions& options, std::vector<Property>* out,
                    Unsupported* unsupported);
// The whole tuple of properties as one text.
std::string GenProperties(const std::vector<Property>& properties);

// "('select' = ['a', 'b'], insert = c)": names and their values, without gen.
using GrantList = std::vector<std::pair<std::string, std::vector<std::string>>>;
bool ReadGrants(std::string_view text, const Dialect* dialect, GrantList* out,
                Unsupported* unsupported);

}  // namespace stateserver::fingerprint
