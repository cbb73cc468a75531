// export --local: the user's own SQLMesh writes the file; no server takes part.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/app/session.h"

namespace stateserver::client {

struct LocalExport {
  std::string file;
  std::string project;
  // A Python that has SQLMesh; empty: `sqlmesh` on the PATH.
  std::string python;
  bool compact = false;
  bool yes = false;
};

absl::Status RunLocalExport(Session& session, const LocalExport& options);

}  // namespace stateserver::client
