// Errors as people and programs read them, on standard error.
#pragma once

#include <string_view>

#include "client/errors.h"
#include "client/output/console.h"

namespace stateserver::client {

// "Error: SENTENCE", the hint on a line of its own; or, for programs, one
// {"error": …} object. `status` is not OK. `json`: --format json.
void PrintError(Console& console, const absl::Status& status, bool json);

}  // namespace stateserver::client
