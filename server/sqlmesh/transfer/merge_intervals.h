// SPDX-License-Identifier: Apache-2.0
//
// Appends the staged intervals to `_intervals`.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::transfer {

struct IntervalChanges {
  int64_t inserted = 0;
  int64_t already_covered = 0;
};

// Versions without any row get all staged ranges in one statement; for the
// others the rows there are folded first, so that nothing covered is appended
// again. Memory stays bounded: groups are read through a cursor.
absl::StatusOr<IntervalChanges> MergeIntervals(postgres::Session& session, std::string_view schema);

}  // namespace stateserver::transfer
