// SPDX-License-Identifier: Apache-2.0
//
// The error for callers whose credentials are not valid.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/error.h"

namespace stateserver::auth {

// Returns UNAUTHENTICATED. `why` is for the log only; the Authenticator gives all callers the same
// message.
inline absl::Status Refuse(std::string_view why) { return Error(Reason::UNAUTHENTICATED, why); }

}  // namespace stateserver::auth
