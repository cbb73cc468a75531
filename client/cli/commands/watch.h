// SPDX-License-Identifier: Apache-2.0
//
// Looking again and again, until an interrupt.
#pragma once

#include "absl/status/status.h"
#include "client/cli/session.h"

namespace stateserver::client {

// A second, or less where an interrupt comes: then INTERRUPTED.
absl::Status PauseToWatch(Session& session);

}  // namespace stateserver::client
