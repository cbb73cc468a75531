// SPDX-License-Identifier: Apache-2.0
//
// The commands that make the calls of the protocol.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::client {

// Returns the command that makes a call, given as in Diagnosis.calls: "import --replace" for
// "StateService.Import (mode replace)". A case that has no command of its own stays in parentheses;
// a call that this version does not know is returned as it is.
std::string CommandOf(std::string_view call);

}  // namespace stateserver::client
