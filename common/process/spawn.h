// SPDX-License-Identifier: Apache-2.0
//
// Starts a child process that cannot outlive its parent, has no access to it except through three
// streams, and cannot exceed its limits. On request it is confined to a view of the file system.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/confinement.h"

namespace stateserver {

// OsUser is a user of the operating system.
struct OsUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  // Supplementary groups, including `gid`.
  std::vector<gid_t> groups;
};

struct SpawnOptions {
  // The program (a path, or a name to be found on PATH) and its arguments.
  std::vector<std::string> command;
  // The complete environment, as "NAME=value".
  std::vector<std::string> environment;
  // Working directory of the child; if empty, that of this process.
  std::string folder;
  // Address space in bytes (RLIMIT_AS); 0 means no limit.
  int64_t memory_bytes = 0;
  // Requests a network namespace without interfaces. It is not an error if the kernel refuses.
  bool without_network = false;
  // Confines the child with the first of `mechanisms` that the kernel offers. Implies
  // without_network. Null: not confined.
  std::shared_ptr<const SandboxView> sandbox;
  std::vector<Confinement> mechanisms = {Confinement::kNamespaces, Confinement::kLandlock,
                                         Confinement::kNone};
  // The user that the child becomes; no change if this process runs as that user. With `sandbox`, a
  // root that may not become another user starts the child as root without capabilities, but not
  // in namespaces.
  std::optional<OsUser> user;
  // Likewise if `user` could not read the files of the program outside of namespaces.
  bool keeps_user = false;
  // Sets umask 077: files that the child creates are for its user only.
  bool private_files = false;
  // Forbids core dumps, which would contain the child's data.
  bool without_core = true;
  // Signal sent to the child when the *thread* that calls Spawn ends; 0 for none.
  int death_signal = SIGKILL;
};

struct Spawned {
  pid_t pid = 0;
  // The errno with which the kernel refused to isolate the network; 0 on success or if not
  // requested.
  int network_error = 0;
  // How the child is confined.
  Confinement confinement = Confinement::kNone;
  // Why the stronger mechanisms were not possible: "namespaces: unshare: Operation not permitted".
  std::string refused;
};

// Starts the child. It has its own session and process group, default signals, and no descriptors
// except `input`, `output` and `errors` as its three streams. Returns INTERNAL if the program does
// not exist or cannot be executed: "'/bin/x' as the user 'y': Permission denied", where the user is
// named only if `user` is set. A program that cannot be executed inside its view is such an error:
// it is not started with less confinement. The failpoints "confinement.namespaces" and
// "confinement.landlock" (error) stand for a kernel that refuses a mechanism.
absl::StatusOr<Spawned> Spawn(const SpawnOptions& options, int input, int output, int errors);

// Makes the calling process the user for good, unless it is the user already. Returns false with
// errno set. May be called between fork and exec: makes only system calls.
bool BecomeUser(const OsUser& user);

// Returns the path of `program`, searched in `path` ("/usr/bin:/bin") unless it contains a '/'; ""
// if it does not exist.
std::string FindProgram(const std::string& program, std::string_view path);

// Returns "python3 -m stateserver_workers rewrite", for messages.
std::string CommandText(const std::vector<std::string>& command);

}  // namespace stateserver
