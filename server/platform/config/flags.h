// SPDX-License-Identifier: Apache-2.0
//
// The command line of stateserver.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"

namespace stateserver::config {

struct Flags {
  // Exactly one of the two is set, unless `version`.
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
  // Set when there is nothing more to do: print `output` (to stdout for 0, else
  // to stderr) and exit with it. 0 for --help and --version, 2 for wrong usage.
  std::optional<int> exit_code;
  std::string output;
};

// `version` is what --version prints.
CommandLine ParseCommandLine(int argc, const char* const* argv, std::string_view version);

// The configuration the flags ask for: the file or the embedded defaults, then
// the other flags, then the rules that concern the whole (see CheckListeners).
absl::StatusOr<Config> EffectiveConfig(const Flags& flags);

// ARGUMENT_INVALID for a listener beyond loopback, without `insecure: true`, that is
// plain text or lets everybody in.
absl::Status CheckListeners(const Config& config);

// What --check-config prints: Describe() and the unused keys. Exit 0 with `output`
// for stdout, 1 with the errors for stderr.
CommandLine CheckConfig(const Flags& flags);

}  // namespace stateserver::config
