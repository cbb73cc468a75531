// SPDX-License-Identifier: Apache-2.0
//
// The commands of stateclient: one table that parsing, help and completion read.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/arguments.h"

namespace stateserver::client {

class Session;

struct Command {
  using Run = std::function<absl::Status(Session&)>;

  std::string_view name;
  // One of the headings of `help`.
  std::string_view group;
  // A sentence without its full stop, beginning in lower case.
  std::string_view summary;
  // Declares the command's arguments; what it returns runs the command with
  // what was parsed. Null where there are subcommands.
  Run (*define)(Arguments& arguments) = nullptr;
  std::vector<Command> subcommands = {};
  // Works without valid settings: a broken context must not keep one from
  // help, or from repairing the context.
  bool needs_settings = true;
};

// In the order of `help`.
std::span<const Command> CommandTable();

}  // namespace stateserver::client
