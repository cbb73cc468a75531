// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's to_timestamp() for the forms of a time that its state contains.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stateserver::state {

// Returns midnight UTC of the date that `number` spells: 8 digits, or 6 and 7 if month or day have
// one digit. Returns nullopt for all other numbers.
std::optional<int64_t> DateNumberMs(int64_t number);

// Returns true if SQLMesh treats the number as a whole day when it ends a range. Unlike
// DateNumberMs it ignores a minus sign.
bool IsDateNumber(int64_t number);

// Returns SQLMesh's to_timestamp() of a time in milliseconds. Some results are smaller by one.
int64_t FloatMs(int64_t ms);

// Returns epoch milliseconds (UTC) for
//   2026-11-08
//   2026-11-08 12:34[:56[.123456]][Z or +02:00], also with T between
//   1794096000000 (epoch ms) and 20261108 (a date), in digits
// Returns nullopt for all other texts, including those that only dateparser understands ("1 week
// ago" depends on the current time).
std::optional<int64_t> TimestampMs(std::string_view text);

// Does the same for a JSON number.
int64_t TimestampMs(int64_t number);

// Computes the `ttl_ms` that SQLMesh stores for a snapshot's `ttl`: the time from `updated_ts`
// (epoch ms) to the moment the text names, counted from there by the calendar ("in 1 month" depends
// on the month). The result is sometimes one millisecond less, as in SQLMesh, whose times pass
// through floats (never in the years 2020 to 2035).
//
// Accepts `in` followed by one or more of `N second(s)` … `N year(s)`, with N >= 1 or `a`, `an`,
// `one`, all in lower case except `In`, separated by spaces, a comma or `and`. Years and months
// together are at most 7,000 years. Returns nullopt for all other texts, including those that
// SQLMesh rejects: without `in` the text means the past, and `in 17 MINUTES` counts from midnight.
std::optional<int64_t> TtlMs(std::string_view ttl, int64_t updated_ts);

}  // namespace stateserver::state
