// SPDX-License-Identifier: Apache-2.0
//
// Help texts, made from the command table.
#pragma once

#include <string>
#include <vector>

#include "client/cli/command.h"

namespace stateserver::client {

// All commands and the global flags.
std::string GeneralHelp();
// One command: usage, summary, arguments.
std::string CommandHelp(const std::vector<const Command*>& path);

// "Usage: stateclient import [OPTIONS]" and the line that names --help.
std::string UsageLines(const std::vector<const Command*>& path);

// The command of that name ("context use"), as a path; empty: there is none.
std::vector<const Command*> FindCommand(std::string_view name);

}  // namespace stateserver::client
