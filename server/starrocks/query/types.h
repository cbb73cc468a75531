// SPDX-License-Identifier: Apache-2.0
//
// Types of expressions.
#pragma once

#include <string_view>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

// Returns the type of a resolved expression as the engine reports it for a view's column, or
// null if it is not known. VARCHAR without a length is the engine's answer for computed texts.
// Names and subqueries have their types in the tree.
TypePtr TypeOf(const Node& expression);

// Returns the type of a field of a struct; null for other types.
TypePtr FieldType(const TypePtr& type, std::string_view name);

// Returns the type of the elements of an array, or of the values of a map; null for other types.
TypePtr ElementType(const TypePtr& type);

}  // namespace stateserver::schema::query
