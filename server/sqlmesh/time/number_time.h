// SPDX-License-Identifier: Apache-2.0
//
// How SQLMesh reads numbers as times. It tries strptime's %Y%m%d on every number
// before it takes it for epoch milliseconds, and its times pass through floats.
#pragma once

#include <cstdint>
#include <optional>

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

}  // namespace stateserver::state
