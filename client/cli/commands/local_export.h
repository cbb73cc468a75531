// SPDX-License-Identifier: Apache-2.0
//
// export --local: a project's snapshots by the user's own SQLMesh, the versions of the server's
// gateway.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/cli/session.h"

namespace stateserver::client {

struct LocalExport {
  std::string file;
  std::string project;
  // A Python that has SQLMesh; empty: the one that runs `sqlmesh`, else python3.
  std::string python;
  bool compact = false;
  bool yes = false;
};

absl::Status RunLocalExport(Session& session, const LocalExport& options);

}  // namespace stateserver::client
