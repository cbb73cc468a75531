// SPDX-License-Identifier: Apache-2.0
//
// The shutdown state of a server.
#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace stateserver::rpc {

// Drain moves from running to draining to forced and never back. Thread-safe.
class Drain {
 public:
  enum class Phase { kRunning, kDraining, kForced };

  Drain() = default;
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  // Registers a call. Returns false if the server accepts no more calls; otherwise Leave() must
  // follow.
  bool Enter();
  void Leave();

  // Stops new calls.
  void Start();
  // Cancels the running calls.
  void Force();

  Phase phase() const;
  bool forced() const { return phase() == Phase::kForced; }
  int in_flight() const;

  // Waits until no call runs. Returns false if `limit` passes or Force() is called first.
  bool WaitIdle(absl::Duration limit);
  // Works like WaitIdle, but Force() does not end the wait.
  bool WaitIdleForced(absl::Duration limit);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Phase phase_ = Phase::kRunning;
  int in_flight_ = 0;
};

}  // namespace stateserver::rpc
