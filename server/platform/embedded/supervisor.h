// SPDX-License-Identifier: Apache-2.0
//
// Keeps a cluster running until told to stop.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/embedded/create.h"
#include "server/platform/embedded/layout.h"

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

struct SupervisorOptions {
  std::function<void(const std::string&)> on_event;
  absl::Duration start_timeout;
  absl::Duration stop_timeout;
};

// Thread-safe. A thread of its own starts the postmaster (whose life hangs on
// that thread, see Postmaster) and starts it again whenever it ends, with pauses
// that double from 100 ms to 10 s.
class Supervisor {
 public:
  Supervisor(PostmasterSettings settings, SupervisorOptions options);
  ~Supervisor() { Stop(); }

  // Waits until the cluster is ready for the first time. When it is not within
  // start_timeout, or ends, that is the error and nothing runs any more.
  absl::Status Start();
  bool running() const;
  void Stop();

 private:
  enum class Phase { kStarting, kReady, kDown, kFailed, kStopped };

  void Loop();
  absl::Status StartOnce();
  // Returns when the postmaster has ended or is to stop.
  void Watch();
  bool Restart(absl::Duration pause);
  // True when told to stop meanwhile.
  bool Pause(absl::Duration duration);
  void Set(Phase phase, absl::Status status = absl::OkStatus());

  Postmaster postmaster_;  // used by the thread alone
  SupervisorOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Phase phase_ = Phase::kStarting;
  absl::Status failure_;
  bool stopping_ = false;
  std::mutex stop_mutex_;  // one Stop joins
  std::thread thread_;
};

}  // namespace stateserver::postgres::embedded
