// SPDX-License-Identifier: Apache-2.0
//
// Files that are written whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver::client {

// Into a file beside it that then takes its place; "-" is standard output.
// OUTPUT_FAILED with the path and why.
absl::Status WriteWholeFile(const std::string& path, std::string_view text);

}  // namespace stateserver::client
