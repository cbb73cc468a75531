// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's processes on one data folder, whichever server started them, and the child processes
// of this server.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/process/spawn.h"
#include "server/platform/embedded/layout.h"

namespace stateserver::postgres::embedded {

// Interval between checks whether a process has ended, and maximum duration of an immediate
// shutdown.
inline constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
inline constexpr absl::Duration kImmediateShutdown = absl::Seconds(5);

// PostmasterFile holds the first lines of postmaster.pid. All fields are zero or empty if the file
// does not exist.
struct PostmasterFile {
  pid_t pid = 0;
  bool ready = false;
};
PostmasterFile ReadPostmasterFile(const std::string& data);

// Returns the processes that the system reports as PostgreSQL on `data`: named postgres, with
// `data` as their folder. A process id in a stale postmaster.pid may belong to an unrelated
// process.
std::vector<pid_t> ProcessesOn(const std::string& data);

// Ends a cluster that a dead server left running: requests a fast shutdown from the postmaster, an
// immediate one after `patience`, and ends orphans of a killed postmaster. Removes a postmaster.pid
// that names an unrelated process, because PostgreSQL would refuse to start.
absl::Status ClearLeftovers(const std::string& data, absl::Duration patience);

// Ends the processes of a cluster whose postmaster is dead.
absl::Status EndOrphans(const std::string& data);

struct ChildOptions {
  // The program's path, followed by its arguments.
  std::vector<std::string> argv;
  // Ignored if it is the user that this process runs as.
  OsUser user;
  // Descriptors for the child's stdin, and for its stdout and stderr; -1 for /dev/null.
  int input = -1;
  int output = -1;
  // Signal sent to the child when the *thread* that calls Spawn ends; 0 for none.
  int death_signal = 0;
};

// Starts a child process, as another user if needed. The child has its own session (Ctrl-C in a
// terminal does not reach it), no descriptors other than the three, default signals, umask 077, the
// root as its working directory, and an environment without PG* and with LC_ALL=C.
absl::StatusOr<pid_t> Spawn(const ChildOptions& options);

struct Finished {
  bool ok = false;
  // The last 16 KiB of the child's output.
  std::string output;
};

// Runs a child to completion, with `input` (at most 4 KiB) as its stdin. The child is killed if
// this thread ends.
absl::StatusOr<Finished> Run(const std::vector<std::string>& argv, const OsUser& user,
                             const std::string& input = "");

// Returns the first of `paths` (folders) that `user` may not enter, or "" if there is none.
absl::StatusOr<std::string> FirstNotEnterable(const std::vector<std::string>& paths,
                                              const OsUser& user);

// Returns the last `lines` non-empty lines, joined by " | ".
std::string LastLines(std::string_view text, int lines);

// Returns the last 16 KiB of a file, or "" if it cannot be read.
std::string TailOf(const std::string& path);

}  // namespace stateserver::postgres::embedded
