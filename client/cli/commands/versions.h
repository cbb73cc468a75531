// SPDX-License-Identifier: Apache-2.0
//
// The value of --if-unchanged-since.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::client {

// `value` when it is a state token; else it is a state file, and the token is
// read from its header. Empty for an empty value. Errors: a missing file
// (INPUT_FILE_MISSING), a file without a token (`command` in the usage).
absl::StatusOr<std::string> StateToken(const std::string& value, std::string_view command);

}  // namespace stateserver::client
