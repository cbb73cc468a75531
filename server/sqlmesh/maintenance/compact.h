// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient compact`: compaction of `_intervals`, equivalent to SQLMesh's
// IntervalState.compact_intervals, which runs at the end of a plan and in the janitor.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/operations/change.h"
#include "server/operations/progress.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/restore_points/state_change.h"

namespace stateserver::maintenance {

struct CompactionCounts {
  int64_t versions = 0;  // (name, version) pairs folded
  int64_t rows_deleted = 0;
  int64_t rows_inserted = 0;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("versions", self.versions);
    visit("rows_deleted", self.rows_deleted);
    visit("rows_inserted", self.rows_inserted);
  }
};

struct CompactionScope {
  // A condition over `t`, a row of `_intervals`; if empty, every row.
  std::string_view where;
  // Counts without writing anything.
  bool dry_run = false;
};

using CompactionProgress = std::function<void(int64_t done, int64_t total)>;

// Replaces, for every (name, version) with a row that is not compacted, all its rows by their
// combined effect, marked compacted, with pending restatements last. Runs in the transaction of
// `session`, which must hold the state lock unless it is a dry run. Memory: the rows of a hundred
// versions. Returns STATE_CORRUPT, naming the version whose rows cannot be read.
absl::StatusOr<CompactionCounts> CompactIntervals(postgres::Session& session,
                                                  std::string_view schema,
                                                  const CompactionScope& scope,
                                                  const CompactionProgress& progress);

// Compacts all intervals as operation "compact". A dry run takes no lock and only counts.
absl::StatusOr<operations::Outcome<CompactionCounts>> CompactState(
    postgres::Pool& pool, const CallContext& context,
    const restore_points::StateChangeOptions& options, const operations::Progress& progress);

// Returns the rows that SQLMesh's _push_snapshot_intervals would write: each key's ranges, then its
// ranges of development tables, and last the pending restatements of the version, without names.
// All rows have the time `now_ms`. Views are those of `group`.
std::vector<state::IntervalRow> CompactedRows(const state::FoldedGroup& group, int64_t now_ms);

}  // namespace stateserver::maintenance
