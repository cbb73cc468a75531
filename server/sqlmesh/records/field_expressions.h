// SPDX-License-Identifier: Apache-2.0
//
// The text of the expressions that SQLMesh parses, quotes and writes again when it reads a model:
// partitioned_by, clustered_by, unique_key and the columns of a kind. Equivalent to its _get_field.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::state {

class DialectRules;

// Appends the expression as SQLMesh writes it: names in the dialect's case and quotes, functions
// and casts in its spelling. If no rule is proven for this text, appends it unchanged and returns
// false. `rules` may be null.
bool AppendFieldExpression(const DialectRules* rules, std::string_view text, std::string* out);

}  // namespace stateserver::state
