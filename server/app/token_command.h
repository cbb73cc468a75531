// SPDX-License-Identifier: Apache-2.0
//
// `stateserver token create|list|revoke`: keeps the tokens file.
#pragma once

#include <string>

namespace stateserver::app {

struct CommandOutput {
  int exit_code = 0;
  std::string out;  // for stdout
  std::string err;  // for stderr
};

// `argv` begins with "token". 0, 1 when it cannot be done, 2 for wrong usage. Only
// `create` tells the token, once, on stdout.
CommandOutput RunTokenCommand(int argc, const char* const* argv);

}  // namespace stateserver::app
