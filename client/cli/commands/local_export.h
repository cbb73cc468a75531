// SPDX-License-Identifier: Apache-2.0
//
// The option export --local: exports a project's snapshots, as computed by the user's own SQLMesh,
// with the versions of the server's gateway.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/cli/session.h"

namespace stateserver::client {

struct LocalExport {
  std::string file;
  std::string project;
  // A Python with SQLMesh; if empty, the one that runs `sqlmesh`, otherwise python3.
  std::string python;
  bool compact = false;
  bool yes = false;
};

absl::Status RunLocalExport(Session& session, const LocalExport& options);

}  // namespace stateserver::client
