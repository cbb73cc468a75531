// SPDX-License-Identifier: Apache-2.0
//
// From the fold of one version's rows to the rows that take their place.
#pragma once

#include <vector>

#include "server/sqlmesh/intervals/fold.h"

namespace stateserver::maintenance {

// As SQLMesh's _push_snapshot_intervals writes them: each key's ranges, then its
// ranges of development tables, and the pending restatements of the version last
// and without names. All have the time `now_ms`. Views are those of `group`.
std::vector<state::IntervalRow> CompactedRows(const state::FoldedGroup& group, int64_t now_ms);

}  // namespace stateserver::maintenance
