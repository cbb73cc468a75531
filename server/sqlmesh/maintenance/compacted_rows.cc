// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/compacted_rows.h"

namespace stateserver::maintenance {
namespace {

void Add(const state::FoldedKey& key, bool is_dev, int64_t now_ms,
         std::vector<state::IntervalRow>* rows) {
  for (const state::Interval& range : is_dev ? key.dev_intervals : key.intervals) {
    state::IntervalRow& row = rows->emplace_back();
    row.identifier = key.identifier;
    row.dev_version = key.dev_version;
    row.created_ts = now_ms;
    row.start_ts = range.start;
    row.end_ts = range.end;
    row.is_dev = is_dev;
    row.last_altered_ts = is_dev ? key.dev_last_altered_ts : key.last_altered_ts;
  }
}

}  // namespace

std::vector<state::IntervalRow> CompactedRows(const state::FoldedGroup& group, int64_t now_ms) {
  std::vector<state::IntervalRow> rows;
  // SQLMesh folds the pending ranges into the key without names.
  std::optional<int64_t> pending_last_altered;
  for (const state::FoldedKey& key : group.keys) {
    Add(key, /*is_dev=*/false, now_ms, &rows);
    Add(key, /*is_dev=*/true, now_ms, &rows);
    if (!key.identifier && !key.dev_version) pending_last_altered = key.last_altered_ts;
  }
  for (const state::Interval& range : group.pending) {
    state::IntervalRow& row = rows.emplace_back();
    row.created_ts = now_ms;
    row.start_ts = range.start;
    row.end_ts = range.end;
    row.is_pending_restatement = true;
    row.last_altered_ts = pending_last_altered;
  }
  return rows;
}

}  // namespace stateserver::maintenance
