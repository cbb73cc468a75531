// SPDX-License-Identifier: Apache-2.0
//
// The whole client as a function, so that tests can call it.
#pragma once

#include <string>
#include <vector>

#include "client/cli/interrupts.h"
#include "client/cli/output/console.h"
#include "client/settings/settings.h"

namespace stateserver::client {

// Runs one command line (without the program's name) and returns the exit code. Throws nothing. The
// process must ignore SIGPIPE and SIGXFSZ.
int Run(const std::vector<std::string>& arguments, const GetEnv& env, Terminal terminal,
        Interrupts& interrupts);

}  // namespace stateserver::client
