// SPDX-License-Identifier: Apache-2.0
//
// Names of snapshots as users type them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::store {

// Converts `"lake"."sales"."orders"` to `lake.sales.orders`. A part that contains a dot or a quote
// keeps these characters.
std::string WithoutQuotes(std::string_view name);

// Returns the same conversion in SQL, over a column.
std::string WithoutQuotesSql(std::string_view column);

// Limits on patterns; PostgreSQL's work grows with the product of the two.
inline constexpr size_t kMaxGlobBytes = 1000;
inline constexpr int kMaxGlobStars = 16;

// Converts a shell pattern (`*`, `?`, `[abc]`, `[!abc]`) to an anchored POSIX regular expression of
// PostgreSQL. Consecutive wildcards count as one. Returns ARGUMENT_INVALID for a pattern over one
// of the limits.
absl::StatusOr<std::string> GlobToRegex(std::string_view glob);

}  // namespace stateserver::store
