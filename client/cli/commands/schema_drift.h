// SPDX-License-Identifier: Apache-2.0
//
// schema check --drift.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/session.h"

namespace stateserver::client {

struct DriftOptions {
  RevisionOptions common;
  // Write a revision that accepts what was changed; print what undoes it.
  bool adopt = false, revert = false;
  std::string message, declared, id;
  std::vector<std::string> include, exclude;
  bool yes = false;
};

// Exit code 0 without drift and 1 with some, unless it is adopted.
absl::Status RunDrift(Session& session, const DriftOptions& options);

}  // namespace stateserver::client
