// SPDX-License-Identifier: Apache-2.0
//
// Keeps a cluster running until told to stop.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/platform/embedded/postmaster.h"

namespace stateserver::postgres::embedded {

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
