// SPDX-License-Identifier: Apache-2.0

#include <csignal>
#include <string>
#include <vector>

#include "client/cli/run.h"

int main(int argc, char** argv) {
  using namespace stateserver::client;  // NOLINT: the program is this one call
  // A closed pipe or a size limit must be a write error instead of ending the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::ios::sync_with_stdio(false);
  Interrupts interrupts;
  interrupts.Listen();
  std::vector<std::string> arguments(argv + 1, argv + argc);
  return Run(arguments, ProcessEnvironment(), Terminal::Process(), interrupts);
}
