// SPDX-License-Identifier: Apache-2.0
//
// Times as SQLMesh keeps them: epoch milliseconds, UTC.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace stateserver {

int64_t NowMs();

// "2026-11-22 10:03:07+00:00", seconds rounded down. Years 1 to 9999; outside
// of these the value itself, in decimal.
std::string FormatTimestamp(int64_t epoch_ms);

// The last full minute: what SQLMesh writes as `metadata.timestamp`.
int64_t FloorToMinute(int64_t epoch_ms);

// The size of `duration` in whole milliseconds, as absl writes it: `1.203s`,
// `less than 1ms`. A negative one counts as its opposite.
std::string SizeText(absl::Duration duration);

// What the wall clock said when the program first asked, plus what has passed since
// then. Not for what is shown, stored, or compared with times of elsewhere.
absl::Time SteadyNow();

}  // namespace stateserver
