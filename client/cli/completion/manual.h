// SPDX-License-Identifier: Apache-2.0
//
// The manual page of stateclient, generated from the command table.
#pragma once

#include <string>

namespace stateserver::client {

// Returns stateclient(1) in roff: synopsis, every command with its flags, global flags, exit codes,
// variables and files.
std::string ManualPage();

}  // namespace stateserver::client
