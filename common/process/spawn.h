// SPDX-License-Identifier: Apache-2.0
//
// Starts a program as a child process that cannot outlive its parent, see more of it than its three
// streams, or take more than it is given.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver {

struct SpawnOptions {
  // The program, a path or a name to be found on PATH, and its arguments.
  std::vector<std::string> command;
  // "NAME=value"; nothing else is passed on.
  std::vector<std::string> environment;
  // Where it starts; empty: where this process is.
  std::string folder;
  // Bytes of address space (RLIMIT_AS); 0 for no limit.
  int64_t memory_bytes = 0;
  // Asks the kernel for a network without any interface; a kernel that refuses is no error.
  bool without_network = false;
};

struct Spawned {
  pid_t pid = 0;
  // The errno of the kernel that did not take the network away; 0 when it did or was not asked.
  int network_error = 0;
};

// The child has a session and a process group of its own, default signals, and no descriptor but
// `input`, `output` and `errors` as its three streams. It dies by SIGKILL with the *thread* that
// calls this. Errors: INTERNAL with a sentence for a program that is not there or cannot be run.
absl::StatusOr<Spawned> Spawn(const SpawnOptions& options, int input, int output, int errors);

// The path of `program`, looked for in `path` ("/usr/bin:/bin") unless it holds a '/'; empty when
// it is not there.
std::string FindProgram(const std::string& program, std::string_view path);

// "python3 -m stateserver_workers rewrite", for sentences.
std::string CommandText(const std::vector<std::string>& command);

}  // namespace stateserver
