// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's processes on one data folder, whoever started them.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace stateserver::postgres::embedded {

// How often it is looked whether a process is gone, and how long an immediate
// shutdown may take.
inline constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
inline constexpr absl::Duration kImmediateShutdown = absl::Seconds(5);

// What the first lines of postmaster.pid say. All zero or empty when there is none.
struct PostmasterFile {
  pid_t pid = 0;
  bool ready = false;
};
PostmasterFile ReadPostmasterFile(const std::string& data);

// The processes that really are PostgreSQL on `data`, as the system knows them:
// named postgres, with `data` as their folder. A process id in an old
// postmaster.pid may meanwhile be somebody else's.
std::vector<pid_t> ProcessesOn(const std::string& data);

// Ends a cluster that another, dead server left running: a fast shutdown by the
// postmaster, an immediate one after `patience`; orphans of a postmaster that was
// killed are ended too. Removes a postmaster.pid that names a foreign process,
// which PostgreSQL itself would be stopped by.
absl::Status ClearLeftovers(const std::string& data, absl::Duration patience);

// Ends the processes of a cluster whose postmaster is dead.
absl::Status EndOrphans(const std::string& data);

}  // namespace stateserver::postgres::embedded
