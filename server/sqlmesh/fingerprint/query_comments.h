// SPDX-License-Identifier: Apache-2.0
//
// The comments that describe the columns of a query: the last one of each item
// of its SELECT.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "server/sqlmesh/fingerprint/fields.h"
#include "server/sqlmesh/fingerprint/gen/tokens.h"

namespace stateserver::fingerprint {

// Whether anything in the text may start a comment.
bool MayHoldComments(std::string_view sql, const Dialect* dialect);

// Whether the text calls a macro or reads a variable, but for the times that
// SQLMesh always knows (`@start_ds`), which bring no comments.
bool MayHoldMacros(std::string_view sql);

// Column name, normalised, to its description. SQLMesh finds them in the rendered
// query; here only plain queries have a rule: one SELECT (after CTEs, if any)
// without macros (times may stand outside its list), each comment of its list on the line where the
// item or the comma behind it ends, and each item with one a column or `... AS name`.
bool ReadQueryComments(std::string_view sql, const Dialect& dialect,
                       std::map<std::string, std::string>* out, Unsupported* unsupported);

}  // namespace stateserver::fingerprint
