// SPDX-License-Identifier: Apache-2.0
//
// The command table flattened to what a completion script needs.
#pragma once

#include <string>
#include <vector>

#include "client/cli/command.h"

namespace stateserver::client {

struct CompletionEntry {
  // "context use", "export".
  std::string path;
  std::string summary;
  // Words that may follow: subcommands.
  std::vector<std::string> words;
  Arguments arguments;
};

// Every command and subcommand, in the table's order.
std::vector<CompletionEntry> CompletionEntries();

// The global flags as arguments.
Arguments GlobalArguments();

// "text|json" as its words; "bash, zsh or fish" for completion's shells.
std::vector<std::string> Choices(const Argument& argument);

// Prints the names of the server's environments, one a line, silently nothing
// when there is no answer within two seconds.
extern const char kListEnvironments[];

// Scripts that complete stateclient's commands in a shell, generated from the
// command table. Names of environments are asked of the server while completing.

std::string BashCompletion();
std::string ZshCompletion();
std::string FishCompletion();

}  // namespace stateserver::client
