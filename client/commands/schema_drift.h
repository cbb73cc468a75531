// schema check --drift.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/app/session.h"
#include "client/commands/revision_options.h"

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
