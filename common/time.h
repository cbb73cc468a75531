// SPDX-License-Identifier: Apache-2.0
//
// Times as SQLMesh stores them: epoch milliseconds, UTC.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace stateserver {

int64_t NowMs();

// Returns "2026-11-22 10:03:07+00:00", with seconds rounded down, for the years 1 to 9999, and the
// value itself in decimal otherwise.
std::string FormatTimestamp(int64_t epoch_ms);

// Rounds down to a full minute, the form that SQLMesh writes as `metadata.timestamp`.
int64_t FloorToMinute(int64_t epoch_ms);

// Returns the absolute value of `duration` in whole milliseconds, in absl's format: `1.203s`, `less
// than 1ms`.
std::string SizeText(absl::Duration duration);

// Returns a steady time: the wall clock at the first call plus the time elapsed since then. Not for
// times that are displayed, stored, or compared with other machines' times.
absl::Time SteadyNow();

}  // namespace stateserver
