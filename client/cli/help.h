// SPDX-License-Identifier: Apache-2.0
//
// Help texts, generated from the command table.
#pragma once

#include <string>
#include <vector>

#include "client/cli/command.h"

namespace stateserver::client {

// Returns the help for all commands and the global flags.
std::string GeneralHelp();
// Returns the help for one command: usage, summary, arguments.
std::string CommandHelp(const std::vector<const Command*>& path);

// Returns "Usage: stateclient import [OPTIONS]" and the line that refers to --help.
std::string UsageLines(const std::vector<const Command*>& path);

// Returns the path of the command with that name ("context use"), or an empty path if there is
// none.
std::vector<const Command*> FindCommand(std::string_view name);

}  // namespace stateserver::client
