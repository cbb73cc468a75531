// SPDX-License-Identifier: Apache-2.0
//
// How long a snapshot lives once no environment refers to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stateserver::state {

// The `ttl_ms` that SQLMesh stores for a snapshot's `ttl`: the time from
// `updated_ts` (epoch ms) to the moment the text names, counted from there by
// the calendar ("in 1 month" depends on the month). Now and then one millisecond
// less, as in SQLMesh, whose times pass through floats (never in the years 2020
// to 2035).
//
// Understood are `in` and one or more of `N second(s)` … `N year(s)`, N >= 1 or
// `a`, `an`, `one`, all in lower case but `In`; between them spaces, a comma or `and`.
// Years and months together are at most 7,000 years. nullopt for all else, also
// for what SQLMesh refuses: without `in` the text means the past, and `in 17 MINUTES`
// counts from midnight.
std::optional<int64_t> TtlMs(std::string_view ttl, int64_t updated_ts);

}  // namespace stateserver::state
