// SPDX-License-Identifier: Apache-2.0
//
// Shell completion, generated from the command table.
#pragma once

#include <string>
#include <vector>

#include "client/cli/command.h"

namespace stateserver::client {

struct CompletionEntry {
  // "context use", "export".
  std::string path;
  std::string summary;
  // Words that may follow, that is, subcommands.
  std::vector<std::string> words;
  Arguments arguments;
};

// Returns every command and subcommand, in the table's order.
std::vector<CompletionEntry> CompletionEntries();

// Returns the global flags as arguments.
Arguments GlobalArguments();

// Return scripts that complete stateclient's commands in a shell. The scripts request names of
// environments from the server.
std::string BashCompletion();
std::string ZshCompletion();
std::string FishCompletion();

}  // namespace stateserver::client
