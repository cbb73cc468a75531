// SPDX-License-Identifier: Apache-2.0
//
// The command line to the command it names.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "client/settings/settings.h"

namespace stateserver::client {

struct ParsedLine {
  // The path to the command: {"context", "use"}. Empty: none was named.
  std::vector<const Command*> path;
  Command::Run run;
  // The global flags, wherever they stood.
  SettingValues flags;
  bool help = false;
  bool version = false;
};

// `arguments` without the program's name. Errors are USAGE, in click's words,
// which SQLMesh's users know; the fact "usage" holds the usage lines.
absl::StatusOr<ParsedLine> ParseCommandLine(const std::vector<std::string>& arguments);

// A usage error of one command, with its usage lines: for what only the command
// itself can find wrong. `name` is "import" or "context use".
absl::Status UsageError(std::string_view name, std::string_view message);
absl::Status WithUsage(const absl::Status& status, std::string_view name);

}  // namespace stateserver::client
