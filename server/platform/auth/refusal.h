// SPDX-License-Identifier: Apache-2.0
//
// What a caller whose credentials do not hold is told.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/error.h"

namespace stateserver::auth {

// UNAUTHENTICATED. `why` is for the log; the Authenticator gives callers one answer.
inline absl::Status Refuse(std::string_view why) { return Error(Reason::UNAUTHENTICATED, why); }

}  // namespace stateserver::auth
