// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's processes on one data folder, whoever started them.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/embedded/layout.h"

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

// Child processes, started as another user where needed.

struct ChildOptions {
  // The program's path and its arguments.
  std::vector<std::string> argv;
  // Ignored where it is the user this process runs as.
  OsUser user;
  // Become the child's stdin and stdout with stderr; -1 for /dev/null.
  int input = -1;
  int output = -1;
  // Sent to the child when the *thread* that calls Spawn ends; 0 for none.
  int death_signal = 0;
};

// The child has a session of its own (a terminal's Ctrl-C passes it by), no file
// descriptors but the three, default signals, umask 077, the root as its folder,
// and an environment without PG* and with LC_ALL=C.
absl::StatusOr<pid_t> Spawn(const ChildOptions& options);

struct Finished {
  bool ok = false;
  // The last 16 KiB of what the child wrote.
  std::string output;
};

// Runs a child to its end, with `input` (at most 4 KiB) as its stdin. It is
// killed when this thread dies.
absl::StatusOr<Finished> Run(const std::vector<std::string>& argv, const OsUser& user,
                             const std::string& input = "");

// The first of `paths` (folders) that `user` may not enter; "" when there is none.
absl::StatusOr<std::string> FirstNotEnterable(const std::vector<std::string>& paths,
                                              const OsUser& user);

// The last `lines` lines that are not empty, joined by " | ".
std::string LastLines(std::string_view text, int lines);

// The last 16 KiB of a file; "" when it cannot be read.
std::string TailOf(const std::string& path);

}  // namespace stateserver::postgres::embedded
