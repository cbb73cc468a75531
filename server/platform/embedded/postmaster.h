// SPDX-License-Identifier: Apache-2.0
//
// One run of the cluster's main process.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/embedded/binaries.h"
#include "server/platform/embedded/layout.h"
#include "server/platform/embedded/os_user.h"

namespace stateserver::postgres::embedded {

// What it takes to start the cluster, again and again.
struct PostmasterSettings {
  Layout layout;
  Binaries binaries;
  OsUser user;
  std::string socket_dir;
};

// Not thread-safe. The process gets a fast shutdown when the thread that called
// Launch ends, so that a killed server takes its cluster along.
class Postmaster {
 public:
  explicit Postmaster(PostmasterSettings settings) : settings_(std::move(settings)) {}
  // Waits for nothing: Shutdown first.
  ~Postmaster() = default;

  // Starts the process, after ClearLeftovers; it is not ready yet. Its log goes to
  // DIR/log/postgres.log, which is put aside (once) when it has grown past 10 MiB.
  absl::Status Launch();
  // True while the process lives; reaps it otherwise.
  bool Alive();
  // True when it accepts connections.
  bool Ready() const;
  // Fast shutdown; after `patience` an immediate one, then by force.
  void Shutdown(absl::Duration patience);
  // The last lines of its log.
  std::string LastWords() const;
  const std::string& data() const { return data_; }

 private:
  bool GoneWithin(absl::Duration patience);

  PostmasterSettings settings_;
  std::string data_ = settings_.layout.data();
  pid_t pid_ = 0;
};

}  // namespace stateserver::postgres::embedded
