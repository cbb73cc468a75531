// SPDX-License-Identifier: Apache-2.0
//
// Child processes, started as another user where needed.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/embedded/os_user.h"

namespace stateserver::postgres::embedded {

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

}  // namespace stateserver::postgres::embedded
