// SPDX-License-Identifier: Apache-2.0
//
// What a new revision follows.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "revisions/graph.h"
#include "server/starrocks/revisions/journal/records.h"

namespace stateserver::revisions {

// The parents of a revision that extends `head`, by default the only one: empty
// for the first revision, and for "base". NOT_AT_HEAD where the live schema is
// elsewhere, or a run has not come to its end; those of Graph::Find.
absl::StatusOr<std::vector<std::string>> ParentsOf(const Graph& graph, const JournalState& state,
                                                   const std::string& head);

}  // namespace stateserver::revisions
