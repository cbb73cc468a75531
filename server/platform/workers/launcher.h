// SPDX-License-Identifier: Apache-2.0
//
// How worker processes are started: by which program, as which user, and with which view of the
// file system. docs/workers.md describes it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/process/spawn.h"

namespace stateserver::workers {

// Launch is everything about a command's processes that does not depend on their work.
struct Launch {
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::shared_ptr<const SandboxView> sandbox;  // null: not confined
  std::optional<OsUser> user;
  bool keeps_user = false;  // see SpawnOptions
};

// SandboxFiles are the configured parts of a view; see SandboxView.
struct SandboxFiles {
  std::vector<std::string> readable;
  std::vector<std::string> hidden;
};

// SandboxCheck is the result of a trial start.
struct SandboxCheck {
  Confinement confinement = Confinement::kNone;
  // Why the stronger mechanisms are not possible; empty for the strongest.
  std::string refused;
  // Why the command's program does not start in its view; empty if it does.
  std::string problem;
};

// Launcher prepares the start of workers. It asks each interpreter once for its files. Thread-safe.
class Launcher {
 public:
  // Returns how to start processes of `command`. Returns INTERNAL with a phrase if its interpreter
  // does not answer.
  absl::StatusOr<Launch> Prepare(const std::vector<std::string>& command,
                                 const std::vector<std::string>& environment,
                                 const SandboxFiles& files, absl::Duration timeout);

  // Starts the command's program once in its view, without any input, and remembers the result.
  SandboxCheck Check(const std::vector<std::string>& command,
                     const std::vector<std::string>& environment, const SandboxFiles& files,
                     absl::Duration timeout);

  // Forgets all answers and results, because the configuration has changed.
  void Clear();

 private:
  std::mutex mutex_;
  std::map<std::vector<std::string>, Launch> launches_;
  std::map<std::vector<std::string>, SandboxCheck> checks_;
};

// Returns the user of workers if this process is root: an id without an account, so that no file
// and no other process belongs to it. Nullopt if this process is an ordinary user.
std::optional<OsUser> WorkerUser();

}  // namespace stateserver::workers
