// SPDX-License-Identifier: Apache-2.0
//
// The configuration file, read and checked as a whole.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"
#include "server/platform/config/expand.h"

namespace stateserver::config {

// Reads `path`. Relative paths inside the file are taken from the file's
// folder. Errors are ARGUMENT_INVALID; a file with several faults gets them all
// in one message, each on a line "file:line: key: sentence".
absl::StatusOr<Config> LoadConfig(const std::string& path);

// As LoadConfig for a text; `path` names it in errors and gives the folder.
absl::StatusOr<Config> ParseConfig(const std::string& text, const std::string& path,
                                   const Environment& environment);

// What `--embedded DIR` serves: defaults, and one gateway "local".
Config EmbeddedConfig(const std::string& dir);

// Which keys differ between two configurations that only a restart can change.
// Everything else (gateways, tls, auth, reflection aside) takes effect on SIGHUP.
std::vector<std::string> ChangesThatNeedRestart(const Config& before, const Config& after);

}  // namespace stateserver::config
