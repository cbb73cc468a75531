// SPDX-License-Identifier: Apache-2.0
//
// What the engine requires of a column's definition.
#pragma once

#include <vector>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/verdict.h"

namespace stateserver::apply {

// Checks what holds for every definition: AUTO_INCREMENT, the default, the aggregate function and
// the name. `wrong` is the prefix that ADD and MODIFY put before some messages.
Verdict CheckDefinition(const schema::Column& column, std::string_view wrong = "");
inline constexpr std::string_view kWrongDefinition = "Column definition is wrong. ";

// Fills in the nullability, and normalizes the default.
void CompleteColumn(schema::Column* column);

// Checks the expression of a generated column among `columns`.
Verdict CheckGenerated(const schema::Column& column, const std::vector<schema::Column>& columns);

// Returns the columns that a generated column reads, in lower case; empty if not known.
std::set<std::string> ReadsOf(const schema::Column& column,
                              const std::vector<schema::Column>& columns);

// Returns the refusal of a default that ADD and MODIFY do not take.
Verdict CheckDefaultCall(const schema::Column& column);

// Returns the refusal of a type that a key cannot have. `wrong` is as in CheckDefinition.
Verdict InvalidKeyType(const schema::Column& column, std::string_view wrong = "");

// Returns "Duplicate", "Aggregate", "Unique" or "Primary".
std::string_view ModelWord(schema::KeyModel model);
// Returns DUPLICATE, AGGREGATE, UNIQUE or PRIMARY.
std::string_view ModelKeyword(schema::KeyModel model);
// Returns DUP_KEYS, AGG_KEYS, UNIQUE_KEYS or PRIMARY_KEYS.
std::string_view ModelName(schema::KeyModel model);

}  // namespace stateserver::apply
