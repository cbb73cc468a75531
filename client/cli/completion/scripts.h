// SPDX-License-Identifier: Apache-2.0
//
// Scripts that complete stateclient's commands in a shell, generated from the
// command table. Names of environments are asked of the server while completing.
#pragma once

#include <string>

namespace stateserver::client {

std::string BashCompletion();
std::string ZshCompletion();
std::string FishCompletion();

}  // namespace stateserver::client
