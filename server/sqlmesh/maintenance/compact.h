// SPDX-License-Identifier: Apache-2.0
//
// `stateclient compact`: the whole run.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/maintenance/change.h"

namespace stateserver::maintenance {

// The fold of `_intervals`, as SQLMesh's IntervalState.compact_intervals does
// it at the end of a plan and in its janitor.

struct CompactionCounts {
  int64_t versions = 0;  // (name, version) pairs folded
  int64_t rows_deleted = 0;
  int64_t rows_inserted = 0;
};

struct CompactionScope {
  // A condition over `t`, a row of `_intervals`; empty: every row.
  std::string_view where;
  // Counts, and writes nothing.
  bool dry_run = false;
};

using CompactionProgress = std::function<void(int64_t done, int64_t total)>;

// Replaces, for every (name, version) with a row that is not compacted, all its
// rows by what they add up to, marked compacted; pending restatements last. In
// the transaction of `session`, which holds the state lock unless it is a dry
// run. Memory: the rows of a hundred versions. STATE_CORRUPT names the version
// whose rows cannot be read.
absl::StatusOr<CompactionCounts> CompactIntervals(postgres::Session& session,
                                                  std::string_view schema,
                                                  const CompactionScope& scope,
                                                  const CompactionProgress& progress);

struct CompactOutcome {
  operations::OperationRecord operation;  // empty in a dry run
  // All 0 where an earlier run is answered.
  CompactionCounts counts;
};

// Compacts all intervals as operation "compact"; a dry run takes no lock, counts
// and changes nothing.
absl::StatusOr<CompactOutcome> CompactState(postgres::Pool& pool, const CallContext& context,
                                            const ChangeOptions& options, bool dry_run,
                                            const Progress& progress);

// As SQLMesh's _push_snapshot_intervals writes them: each key's ranges, then its
// ranges of development tables, and the pending restatements of the version last
// and without names. All have the time `now_ms`. Views are those of `group`.
std::vector<state::IntervalRow> CompactedRows(const state::FoldedGroup& group, int64_t now_ms);

}  // namespace stateserver::maintenance
