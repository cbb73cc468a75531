// SPDX-License-Identifier: Apache-2.0
//
// Rewriting of calls, as part of Rewrite.
#pragma once

#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

// Rewrites a call whose arguments are rewritten.
void RewriteCall(NodePtr* call);

// Rewrites dates in `date + INTERVAL 1 DAY`: the engine prints them with a time of day.
void RewriteDates(Node* chain);

// The engine qualifies parameters of lambda functions.
void RewriteLambdaName(Node* name);

}  // namespace stateserver::schema::query
