// SPDX-License-Identifier: Apache-2.0
//
// Names of snapshots as people type them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace stateserver::store {

// `"lake"."sales"."orders"` as `lake.sales.orders`. A name with a dot or a
// quote inside a part keeps that part's characters.
std::string WithoutQuotes(std::string_view name);

// The same in SQL, over a column.
std::string WithoutQuotesSql(std::string_view column);

// What PostgreSQL is asked to match: the work grows with the product of the two.
inline constexpr size_t kMaxGlobBytes = 1000;
inline constexpr int kMaxGlobStars = 16;

// A shell pattern (`*`, `?`, `[abc]`, `[!abc]`) as an anchored POSIX regular
// expression of PostgreSQL. Wildcards in a row count as one. ARGUMENT_INVALID for a
// pattern over one of the limits.
absl::StatusOr<std::string> GlobToRegex(std::string_view glob);

}  // namespace stateserver::store
