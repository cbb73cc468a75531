// SPDX-License-Identifier: Apache-2.0
//
// Support for commands that refresh until an interrupt.
#pragma once

#include "absl/status/status.h"
#include "client/cli/session.h"

namespace stateserver::client {

// Waits for one second. Returns INTERRUPTED immediately on an interrupt.
absl::Status PauseToWatch(Session& session);

}  // namespace stateserver::client
