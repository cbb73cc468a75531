// SPDX-License-Identifier: Apache-2.0
//
// Reading of `_environments`. The lists of snapshots are read in pieces, so that one huge
// environment is never held in memory as a whole.
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

// EnvironmentRow holds an environment without its two lists of snapshots.
struct EnvironmentRow {
  std::string name;
  std::optional<std::string> start_at, end_at, plan_id, previous_plan_id;
  std::optional<int64_t> expiration_ts, finalized_ts;
  std::optional<std::string> promoted_snapshot_ids, suffix_target, catalog_name_override;
  std::optional<bool> normalize_name, gateway_managed;
  std::optional<std::string> requirements;
  std::optional<std::string> statements;  // JSON list; absent if there is no row
  std::optional<std::string> statements_plan_id;
  // Bytes of the lists' texts; absent if NULL.
  std::optional<int64_t> snapshots_bytes, previous_finalized_bytes;
};

// Returns the index of the environment that a user means by `name`, given the names of those in the
// state. As in SQLMesh, that is the one stored under the sanitized name. An environment that
// something else than SQLMesh stored under exactly `name` is found if there is no such one.
std::optional<size_t> FindEnvironment(const std::vector<std::string_view>& stored,
                                      std::string_view name);
// Returns the row of that environment, or null.
const EnvironmentRow* FindEnvironment(const std::vector<EnvironmentRow>& rows,
                                      std::string_view name);

// Returns ENVIRONMENT_NOT_FOUND for a name as a user typed it. `words` come before it in the
// message.
absl::Status EnvironmentNotFound(std::string_view name,
                                 std::string_view words = "No environment named ");

// Returns the environments, sorted by name in code point order. Reads only `names`, each found as
// FindEnvironment does, unless it is empty. Returns ENVIRONMENT_NOT_FOUND for the first that does
// not exist.
absl::StatusOr<std::vector<EnvironmentRow>> ReadEnvironments(postgres::Session& session,
                                                             std::string_view schema,
                                                             const Layout& layout,
                                                             const std::vector<std::string>& names);

// EnvironmentList selects one of the two lists.
enum class EnvironmentList { kSnapshots, kPreviousFinalized };

// A list whose text is longer than this (bytes) is read in pieces.
inline constexpr int64_t kWholeListBytes = 8 << 20;

// Calls `chunk` with JSON arrays that together hold the list's elements in order: one array for a
// short list, many small ones for a long list. Returns STATE_CORRUPT if the stored text is not a
// JSON list.
absl::Status ReadEnvironmentList(postgres::Session& session, std::string_view schema,
                                 const EnvironmentRow& row, EnvironmentList list,
                                 const std::function<absl::Status(std::string_view)>& chunk);

}  // namespace stateserver::store
