// SPDX-License-Identifier: Apache-2.0
//
// Times as SQLMesh keeps them: epoch milliseconds, UTC.
#pragma once

#include <cstdint>
#include <string>

namespace stateserver {

int64_t NowMs();

// "2026-11-22 10:03:07+00:00", seconds rounded down. Years 1 to 9999; outside
// of these the value itself, in decimal.
std::string FormatTimestamp(int64_t epoch_ms);

// The last full minute: what SQLMesh writes as `metadata.timestamp`.
int64_t FloorToMinute(int64_t epoch_ms);

}  // namespace stateserver
