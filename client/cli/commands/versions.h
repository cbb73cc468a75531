// SPDX-License-Identifier: Apache-2.0
//
// The value of --if-unchanged-since.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::client {

// Returns `value` if it is a state token. Otherwise `value` is a state file, and the token is read
// from its header. Returns "" for an empty value. Returns INPUT_FILE_MISSING for a missing file,
// and an error with the usage of `command` for a file without a token.
absl::StatusOr<std::string> StateToken(const std::string& value, std::string_view command);

}  // namespace stateserver::client
