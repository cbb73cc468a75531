// SPDX-License-Identifier: Apache-2.0
//
// Where a server is in its life: it takes calls, or ends those it has.
#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace stateserver::rpc {

// Thread-safe. Goes running -> draining -> forced and never back.
class Drain {
 public:
  enum class Phase { kRunning, kDraining, kForced };

  Drain() = default;
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  // False when the server takes no calls any more; else Leave() must follow.
  bool Enter();
  void Leave();

  // No new calls from now on.
  void Start();
  // The calls still running see themselves cancelled.
  void Force();

  Phase phase() const;
  bool forced() const { return phase() == Phase::kForced; }
  int in_flight() const;

  // Waits until no call runs. False when the time is over first, or Force()
  // was called meanwhile.
  bool WaitIdle(absl::Duration limit);
  // As WaitIdle, but Force() does not end the wait.
  bool WaitIdleForced(absl::Duration limit);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Phase phase_ = Phase::kRunning;
  int in_flight_ = 0;
};

}  // namespace stateserver::rpc
