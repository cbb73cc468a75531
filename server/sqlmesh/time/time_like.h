// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's to_timestamp() for the spellings of a time that its state holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stateserver::state {

// Midnight UTC of the date that `number` spells: 8 digits, or 6 and 7 where
// month or day have one digit. nullopt for all other numbers.
std::optional<int64_t> DateNumberMs(int64_t number);

// Whether SQLMesh takes it for a whole day when it ends a range. Unlike the
// above it drops a minus sign first.
bool IsDateNumber(int64_t number);

// SQLMesh's to_datetime() of epoch milliseconds, in microseconds.
int64_t MicrosOfMs(int64_t ms);

// SQLMesh's to_timestamp() of a time in microseconds, and of one in
// milliseconds: some of the latter come back one smaller.
int64_t FloatMsOfMicros(int64_t micros);
int64_t FloatMs(int64_t ms);

// Epoch milliseconds (UTC) of
//   2026-11-08
//   2026-11-08 12:34[:56[.123456]][Z or +02:00], also with T between
//   1794096000000 (epoch ms) and 20261108 (a date), in digits
// nullopt for everything else: what only dateparser understands ("1 week ago"
// depends on the hour the question is asked) and what it does not.
std::optional<int64_t> TimestampMs(std::string_view text);

// The same of a JSON number.
int64_t TimestampMs(int64_t number);

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
