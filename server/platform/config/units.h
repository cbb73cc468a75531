// SPDX-License-Identifier: Apache-2.0
//
// Sizes and durations as people write them in the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace stateserver::config {

// "4MiB", "512KiB", "1GiB", "64KB" (decimal), "100B" or plain bytes "4096".
// Empty when malformed, not positive or over 2^62.
std::optional<int64_t> ParseSize(std::string_view text);
// "500ms", "30s", "10m", "2h", "30d", "1w", and sums such as "1h30m"; "0s" is
// allowed, a bare number is not. Empty when malformed or over 100 years.
std::optional<absl::Duration> ParseDuration(std::string_view text);

// The shortest spelling that the functions above read back as the same value.
std::string SizeText(int64_t bytes);
std::string DurationText(absl::Duration duration);

}  // namespace stateserver::config
