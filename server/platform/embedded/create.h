// SPDX-License-Identifier: Apache-2.0
//
// Creation of an embedded cluster's data.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/platform/embedded/layout.h"

namespace stateserver::postgres::embedded {

inline constexpr int kOldestMajor = 13;
inline constexpr int kNewestMajor = 17;

struct Binaries {
  std::string initdb;
  std::string postgres;
  int major = 0;
};

// Returns the programs of PostgreSQL major version `wanted` (that of an existing cluster), or
// without it of the newest version from 13 to 17. Searches only $STATESERVER_PG_BIN if it is set,
// otherwise the usual folders and $PATH. Returns DATABASE_UNREACHABLE, naming what was found
// instead.
absl::StatusOr<Binaries> FindBinaries(std::optional<int> wanted);

// Returns the major version of the cluster in `data`, or nullopt if `data` does not exist. Returns
// ARGUMENT_INVALID if `data` is something else.
absl::StatusOr<std::optional<int>> ClusterVersion(const Layout& layout);

// Creates `data` with the role and the database (UTF-8, C.UTF-8). The folder appears completely or
// not at all. Removes the remains of an interrupted attempt first.
absl::Status CreateCluster(const Layout& layout, const Binaries& binaries, const OsUser& user);

// Writes the access rules; called at every start. They allow the operating system users that run
// the server and the cluster, both as the same role. Also changes the owner of files in `data` from
// root back to `user`.
absl::Status WriteAccessRules(const Layout& layout, const OsUser& server, const OsUser& user);

}  // namespace stateserver::postgres::embedded
