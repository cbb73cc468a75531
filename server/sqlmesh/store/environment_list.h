// SPDX-License-Identifier: Apache-2.0
//
// The lists of snapshots in `_environments`, read in pieces so that one huge
// environment never stands in memory whole.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/environment_rows.h"

namespace stateserver::store {

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
