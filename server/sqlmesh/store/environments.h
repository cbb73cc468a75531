// SPDX-License-Identifier: Apache-2.0
//
// Rows of `_environments`, but for their long lists: see environment_list.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::store {

// Everything of an environment but its two lists of snapshots.
struct EnvironmentRow {
  std::string name;
  std::optional<std::string> start_at, end_at, plan_id, previous_plan_id;
  std::optional<int64_t> expiration_ts, finalized_ts;
  std::optional<std::string> promoted_snapshot_ids, suffix_target, catalog_name_override;
  std::optional<bool> normalize_name, gateway_managed;
  std::optional<std::string> requirements;
  std::optional<std::string> statements;  // JSON list; absent when there is no row
  std::optional<std::string> statements_plan_id;
  // Bytes of the lists' texts; absent when NULL.
  std::optional<int64_t> snapshots_bytes, previous_finalized_bytes;
};

// By name, by code point. Only `names` unless it is empty; ENVIRONMENT_NOT_FOUND
// for the first that does not exist (SQLMesh's sentence).
absl::StatusOr<std::vector<EnvironmentRow>> ReadEnvironments(postgres::Session& session,
                                                             std::string_view schema,
                                                             const Layout& layout,
                                                             const std::vector<std::string>& names);

// The lists of snapshots in `_environments`, read in pieces so that one huge
// environment never stands in memory whole.

enum class EnvironmentList { kSnapshots, kPreviousFinalized };

// A list whose text is longer than this (bytes) comes in pieces.
inline constexpr int64_t kWholeListBytes = 8 << 20;

// Calls `chunk` with JSON arrays that together hold the list's elements in
// order: one for a short list, many small ones for a long one. STATE_CORRUPT
// when the stored text is no JSON list.
absl::Status ReadEnvironmentList(postgres::Session& session, std::string_view schema,
                                 const EnvironmentRow& row, EnvironmentList list,
                                 const std::function<absl::Status(std::string_view)>& chunk);

}  // namespace stateserver::store
