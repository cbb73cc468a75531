// SPDX-License-Identifier: Apache-2.0
//
// Supervision of an embedded cluster.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/platform/embedded/create.h"
#include "server/platform/embedded/layout.h"

namespace stateserver::postgres::embedded {

// PostmasterSettings holds the values needed to start the cluster repeatedly.
struct PostmasterSettings {
  Layout layout;
  Binaries binaries;
  OsUser user;
  std::string socket_dir;
};

// Postmaster is one process of PostgreSQL. It receives a fast shutdown when the thread that called
// Launch ends, so that a killed server takes its cluster down with it. Not thread-safe.
class Postmaster {
 public:
  explicit Postmaster(PostmasterSettings settings) : settings_(std::move(settings)) {}
  // Does not wait for the process; call Shutdown first.
  ~Postmaster() = default;

  // Calls ClearLeftovers and starts the process without waiting until it is ready. The log goes to
  // DIR/log/postgres.log, which is renamed (once) if it has grown past 10 MiB.
  absl::Status Launch();
  // Returns true while the process lives; otherwise reaps it.
  bool Alive();
  // Returns true if the process accepts connections.
  bool Ready() const;
  // Requests a fast shutdown; after `patience` an immediate one, and finally kills the process.
  void Shutdown(absl::Duration patience);
  // Returns the last lines of the log.
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

// Supervisor keeps a cluster running until it is stopped. A background thread starts the postmaster
// (which ends with that thread, see Postmaster) and restarts it whenever it ends, after pauses that
// double from 100 ms to 10 s. Thread-safe.
class Supervisor {
 public:
  Supervisor(PostmasterSettings settings, SupervisorOptions options);
  ~Supervisor() { Stop(); }

  // Starts the cluster and waits until it is ready. If it is not ready within start_timeout, or
  // ends, returns the error; no process is left running.
  absl::Status Start();
  bool running() const;
  void Stop();

 private:
  enum class Phase { kStarting, kReady, kDown, kFailed, kStopped };

  void Loop();
  absl::Status StartOnce();
  // Returns when the postmaster has ended or is to be stopped.
  void Watch();
  bool Restart(absl::Duration pause);
  // Returns true if Stop was requested during the pause.
  bool Pause(absl::Duration duration);
  void Set(Phase phase, absl::Status status = absl::OkStatus());

  Postmaster postmaster_;  // used only by the thread
  SupervisorOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Phase phase_ = Phase::kStarting;
  absl::Status failure_;
  bool stopping_ = false;
  std::mutex stop_mutex_;  // lets one Stop join the thread
  std::thread thread_;
};

}  // namespace stateserver::postgres::embedded
