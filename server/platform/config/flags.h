// SPDX-License-Identifier: Apache-2.0
//
// The command line of stateserver.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"

namespace stateserver::config {

struct Flags {
  // Exactly one of these two is set, unless `version` is requested.
  std::string config_file;
  std::string embedded_dir;

  // These override the file.
  std::optional<std::string> listen;
  std::optional<std::string> metrics_listen;
  std::optional<std::string> log_level;
  std::optional<std::string> log_format;

  bool check_config = false;
  // Only with embedded_dir.
  bool print_dsn = false;
};

struct CommandLine {
  Flags flags;
  // Set if the program has nothing more to do: it prints `output` (to stdout for 0, otherwise to
  // stderr) and exits with this code. 0 for --help and --version, 2 for wrong usage.
  std::optional<int> exit_code;
  std::string output;
};

// Parses the command line. `version` is the text that --version prints.
CommandLine ParseCommandLine(int argc, const char* const* argv, std::string_view version);

// Returns the configuration that the flags select: the file or the embedded defaults, overridden by
// the other flags and checked by the rules for the whole (see CheckListeners).
absl::StatusOr<Config> EffectiveConfig(const Flags& flags);

// Remark is a setting that is allowed but exposes the server, or leaves a state unserved.
struct Remark {
  std::string key;
  std::string sentence;
  std::string hint;
};

// Returns the remarks on a configuration, for the log and --check-config.
std::vector<Remark> RemarksOn(const Config& config);

// Runs --check-config. Returns exit code 0 with Describe(), the unused keys and the remarks for
// stdout, or 1 with the errors for stderr.
CommandLine CheckConfig(const Flags& flags);

}  // namespace stateserver::config
