// SPDX-License-Identifier: Apache-2.0
//
// Human-readable sizes and durations in the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace stateserver::config {

// Parses "4MiB", "512KiB", "1GiB", "64KB" (decimal), "100B" or plain bytes "4096". Returns nullopt
// if the text is malformed, not positive or over 2^62.
std::optional<int64_t> ParseSize(std::string_view text);
// Parses "500ms", "30s", "10m", "2h", "30d", "1w", and sums such as "1h30m". Accepts "0s" but not a
// bare number. Returns nullopt if the text is malformed or over 100 years.
std::optional<absl::Duration> ParseDuration(std::string_view text);

// Return the shortest text that the functions above parse to the same value.
std::string SizeText(int64_t bytes);
std::string DurationText(absl::Duration duration);

}  // namespace stateserver::config
