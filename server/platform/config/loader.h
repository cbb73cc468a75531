// SPDX-License-Identifier: Apache-2.0
//
// Loading and validation of the configuration file.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"
#include "server/platform/config/expand.h"

namespace stateserver::config {

// Reads `path`. Resolves relative paths in the file against the file's folder. Returns
// ARGUMENT_INVALID with all faults in one message, each on a line "file:line: key: sentence".
absl::StatusOr<Config> LoadConfig(const std::string& path);

// Works like LoadConfig on a text. `path` appears in errors and provides the folder.
absl::StatusOr<Config> ParseConfig(const std::string& text, const std::string& path,
                                   const Environment& environment);

// Returns the configuration of `--embedded DIR`: defaults, and one gateway "local".
Config EmbeddedConfig(const std::string& dir);

// Returns the changed keys that need a restart: listeners, the kind of TLS, metrics_auth, some
// limits, reflection and log.format. All other changes take effect on SIGHUP.
std::vector<std::string> ChangesThatNeedRestart(const Config& before, const Config& after);

}  // namespace stateserver::config
