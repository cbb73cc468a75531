// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's to_timestamp() for the spellings of a time that its state holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stateserver::state {

// Epoch milliseconds (UTC) of
//   2026-11-08
//   2026-11-08 12:34[:56[.123456]][Z or +02:00], also with T between
//   1794096000000 (epoch ms) and 20261108 (a date), in digits
// nullopt for everything else: what only dateparser understands ("1 week ago"
// depends on the hour the question is asked) and what it does not.
std::optional<int64_t> TimestampMs(std::string_view text);

// The same of a JSON number.
int64_t TimestampMs(int64_t number);

}  // namespace stateserver::state
