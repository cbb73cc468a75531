// SPDX-License-Identifier: Apache-2.0
//
// The fold of `_intervals`, as SQLMesh's IntervalState.compact_intervals does
// it at the end of a plan and in its janitor.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::maintenance {

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

}  // namespace stateserver::maintenance
