// SPDX-License-Identifier: Apache-2.0
//
// Rewriting of a query to a form in which equal queries look alike.
#pragma once

#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

// Rewrites a tree as the engine does when it creates a view, as far as no names are involved:
// brackets, NOT, signs, operators with two spellings, defaults of calls and windows, QUALIFY.
// Where the engine rewrites only in some places, this does so everywhere; the meaning stays.
void Rewrite(NodePtr* tree);

}  // namespace stateserver::schema::query
