// SPDX-License-Identifier: Apache-2.0
//
// The command `stateserver token create|list|revoke`, which manages the tokens file.
#pragma once

#include <string>

namespace stateserver::app {

struct CommandOutput {
  int exit_code = 0;
  std::string out;  // for stdout
  std::string err;  // for stderr
};

// Runs the command; `argv` begins with "token". The exit code is 0, 1 on failure, or 2 for wrong
// usage. Only `create` prints the token, once, on stdout.
CommandOutput RunTokenCommand(int argc, const char* const* argv);

}  // namespace stateserver::app
