// SPDX-License-Identifier: Apache-2.0
//
// Users of the operating system, and which of them runs the cluster.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::postgres::embedded {

struct OsUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  // Supplementary groups, `gid` included.
  std::vector<gid_t> groups;
};

// ARGUMENT_INVALID when the user has no entry in the user database.
absl::StatusOr<OsUser> UserById(uid_t uid);
absl::StatusOr<OsUser> UserByName(const std::string& name);

// The user this process runs as.
absl::StatusOr<OsUser> CurrentUser();

// Who runs the cluster whose data are in `data`: the current user, but for root
// the owner of `data`, or "postgres", or "nobody". ARGUMENT_INVALID when the data
// belong to somebody this process cannot become.
absl::StatusOr<OsUser> ClusterUser(const std::string& data);

}  // namespace stateserver::postgres::embedded
