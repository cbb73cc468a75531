// SPDX-License-Identifier: Apache-2.0
//
// The program stateserver, from its command line to its exit code.
#pragma once

#include "server/app/application.h"

namespace stateserver::app {

// Runs the program. Returns 0 after a clean stop, 1 if it cannot run, and 2 for wrong usage. Prints
// one line to stdout once it serves (Application::ReadyLine, as msg of a JSON line if the log is
// JSON); everything else goes to stderr.
int Run(int argc, const char* const* argv, const Wiring& wiring);

}  // namespace stateserver::app
