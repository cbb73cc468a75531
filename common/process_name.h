// SPDX-License-Identifier: Apache-2.0
//
// The name by which other servers and people know this process.
#pragma once

#include <string>

namespace stateserver {

// Returns "HOST (process PID)".
std::string ProcessName();

}  // namespace stateserver
