// SPDX-License-Identifier: Apache-2.0
//
// schema init --from-alembic.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/session.h"

namespace stateserver::client {

// In `root`, whose folders are there: writes the live schema as declarations and
// as a first revision of the id that Alembic is at, and notes it as applied.
// Refuses where a revision is there already, or Alembic has no one head.
absl::Status TakeOverFromAlembic(Session& session, const std::string& root,
                                 const RevisionOptions& options);

}  // namespace stateserver::client
