// SPDX-License-Identifier: Apache-2.0
//
// The making of a cluster's data.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/platform/embedded/layout.h"

namespace stateserver::postgres::embedded {

// Where PostgreSQL's programs are.

inline constexpr int kOldestMajor = 13;
inline constexpr int kNewestMajor = 17;

struct Binaries {
  std::string initdb;
  std::string postgres;
  int major = 0;
};

// The programs of PostgreSQL `wanted` (an existing cluster's major version) or,
// without it, of the newest from 13 to 17; looked for in $STATESERVER_PG_BIN
// alone when that is set, else in the usual folders and in $PATH.
// DATABASE_UNREACHABLE names what was found instead.
absl::StatusOr<Binaries> FindBinaries(std::optional<int> wanted);

// The major version of the cluster in `data`; empty when there is no `data`.
// ARGUMENT_INVALID when `data` is something else.
absl::StatusOr<std::optional<int>> ClusterVersion(const Layout& layout);

// Makes `data` with the role and the database (UTF-8, C.UTF-8). It appears whole
// or not at all; the remains of an attempt that was killed are removed first.
absl::Status CreateCluster(const Layout& layout, const Binaries& binaries, const OsUser& user);

// Who may connect, written anew at every start: the users of the system that run
// the server and the cluster, both as the one role. Also gives `data` to `user`
// where root has come to own it.
absl::Status WriteAccessRules(const Layout& layout, const OsUser& server, const OsUser& user);

}  // namespace stateserver::postgres::embedded
