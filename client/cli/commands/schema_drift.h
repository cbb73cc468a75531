// SPDX-License-Identifier: Apache-2.0
//
// The option schema check --drift.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/session.h"

namespace stateserver::client {

struct DriftOptions {
  RevisionOptions common;
  // `adopt` writes a revision that accepts the changes; `revert` prints the statements that undo
  // them.
  bool adopt = false, revert = false;
  std::string message, declared, id;
  std::vector<std::string> include, exclude;
};

// Runs the check. The exit code is 0 without drift and 1 with drift, unless it is adopted.
absl::Status RunDrift(Session& session, const DriftOptions& options);

}  // namespace stateserver::client
