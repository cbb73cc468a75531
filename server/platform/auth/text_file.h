// SPDX-License-Identifier: Apache-2.0
//
// A small file as text.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace stateserver::auth {

// ARGUMENT_INVALID for one that cannot be read or is larger than 4 MiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace stateserver::auth
