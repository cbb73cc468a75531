// SPDX-License-Identifier: Apache-2.0
//
// Comparison of syntax trees.
#pragma once

#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

// Returns true if the trees are equal in every member.
bool IsSameTree(const Node& left, const Node& right);

// Returns true if the engine prints `declared` as `live`. Both are rewritten and resolved. Types of
// array literals, columns of functions and qualifiers of unresolved names may be missing in one.
bool Matches(const Node& live, const Node& declared);

}  // namespace stateserver::schema::query
