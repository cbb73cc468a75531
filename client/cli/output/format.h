// SPDX-License-Identifier: Apache-2.0
//
// Numbers and times as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace stateserver::client {

// Epoch milliseconds as UTC "2026-11-22 10:03:00"; 0 is "-".
std::string FormatTime(int64_t epoch_ms);
// A span: "7d", "1d 12h", "30m", "250ms"; at most two units.
std::string FormatSpan(int64_t milliseconds);
// Bytes: "512 B", "4.2 MiB".
std::string FormatBytes(int64_t bytes);
// Elapsed time of a bar: "0:00:07".
std::string FormatElapsed(int64_t seconds);
// "1 snapshot", "2 snapshots".
std::string Count(int64_t number, const std::string& noun);
std::string YesNo(bool value);

}  // namespace stateserver::client
