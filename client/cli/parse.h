// SPDX-License-Identifier: Apache-2.0
//
// Parsing of the command line.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "client/settings/settings.h"

namespace stateserver::client {

struct ParsedLine {
  // The path to the command: {"context", "use"}. Empty if none was named.
  std::vector<const Command*> path;
  Command::Run run;
  // The global flags, wherever they appeared.
  SettingValues flags;
  bool help = false;
  bool version = false;
};

// Parses `arguments`, without the program's name. Errors are USAGE in click's words, which
// SQLMesh's users know; the fact "usage" holds the usage lines.
absl::StatusOr<ParsedLine> ParseCommandLine(const std::vector<std::string>& arguments);

// Return a usage error of one command, with its usage lines, for problems that only the command
// itself can detect. `name` is "import" or "context use".
absl::Status UsageError(std::string_view name, std::string_view message);
absl::Status WithUsage(const absl::Status& status, std::string_view name);

}  // namespace stateserver::client
