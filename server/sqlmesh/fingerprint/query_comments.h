// SPDX-License-Identifier: Apache-2.0
//
// Column descriptions from the comments of a query: the last comment of each item of its SELECT.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "server/sqlmesh/fingerprint/fields.h"
#include "server/sqlmesh/fingerprint/gen/tokens.h"

namespace stateserver::fingerprint {

// Returns true if the text may contain a comment.
bool MayHoldComments(std::string_view sql, const Dialect* dialect);

// Returns true if the text calls a macro or reads a variable, except for the times that SQLMesh
// always defines (`@start_ds`), which add no comments.
bool MayHoldMacros(std::string_view sql);

// Maps normalised column names to their descriptions. SQLMesh takes them from the rendered query;
// only plain queries are supported here: one SELECT (after optional CTEs) without macros (times may
// occur outside its list), with each comment of its list on the line where the item or the comma
// after it ends, and each commented item a column or `... AS name`.
bool ReadQueryComments(std::string_view sql, const Dialect& dialect,
                       std::map<std::string, std::string>* out, Unsupported* unsupported);

}  // namespace stateserver::fingerprint
