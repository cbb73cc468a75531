// SPDX-License-Identifier: Apache-2.0
//
// Errors as people and programs read them, on standard error.
#pragma once

#include <string_view>

#include "client/cli/output/console.h"
#include "client/errors.h"

namespace stateserver::client {

// "Error: SENTENCE", the hint on a line of its own; or, for programs, one
// {"error": …} object. `status` is not OK. `json`: --format json.
void PrintError(Console& console, const absl::Status& status, bool json);

}  // namespace stateserver::client
