// SPDX-License-Identifier: Apache-2.0
//
// From the rows of `_intervals` to what they say: rows are a log of additions
// and removals, and their sum counts. The rules are those of SQLMesh's
// IntervalState._get_snapshot_intervals.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/sqlmesh/intervals/interval.h"

namespace stateserver::state {

// One row of `_intervals`, of one (name, version). The views belong to the caller.
struct IntervalRow {
  std::optional<std::string_view> identifier;   // NULL: pending, or the snapshot is gone
  std::optional<std::string_view> dev_version;  // NULL: the same, and before schema 71
  int64_t created_ts = 0;                       // epoch ms, as the next two
  int64_t start_ts = 0;
  int64_t end_ts = 0;
  bool is_dev = false;
  bool is_removed = false;
  bool is_pending_restatement = false;
  std::optional<int64_t> last_altered_ts;
  bool operator==(const IntervalRow&) const = default;
};

// What the rows of one (dev_version, identifier) add up to.
struct FoldedKey {
  std::optional<std::string_view> identifier;
  std::optional<std::string_view> dev_version;
  Intervals intervals;
  Intervals dev_intervals;
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
};

// What all rows of one (name, version) add up to. Views as in the rows.
struct FoldedGroup {
  std::vector<FoldedKey> keys;  // in order of first appearance, without those that came to nothing
  Intervals pending;            // shared by all keys
  int64_t max_created_ts = 0;   // of any row, 0 without rows
};

// `rows` must be in SQLMesh's order: created_ts, then not removed before
// removed, then not pending before pending.
FoldedGroup FoldIntervals(std::span<const IntervalRow> rows);

}  // namespace stateserver::state
