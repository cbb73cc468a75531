// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/drain.h"

namespace stateserver::rpc {

bool Drain::Enter() {
  std::lock_guard lock(mutex_);
  if (phase_ != Phase::kRunning) return false;
  ++in_flight_;
  return true;
}

void Drain::Leave() {
  std::lock_guard lock(mutex_);
  --in_flight_;
  // Notifies under the lock, because a waiter that sees 0 may destroy this object.
  changed_.notify_all();
}

void Drain::Start() {
  std::lock_guard lock(mutex_);
  if (phase_ == Phase::kRunning) phase_ = Phase::kDraining;
  changed_.notify_all();
}

void Drain::Force() {
  std::lock_guard lock(mutex_);
  phase_ = Phase::kForced;
  changed_.notify_all();
}

Drain::Phase Drain::phase() const {
  std::lock_guard lock(mutex_);
  return phase_;
}

int Drain::in_flight() const {
  std::lock_guard lock(mutex_);
  return in_flight_;
}

bool Drain::WaitIdle(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoNanoseconds(limit),
                    [this] { return in_flight_ == 0 || phase_ == Phase::kForced; });
  return in_flight_ == 0;
}

bool Drain::WaitIdleForced(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(limit),
                           [this] { return in_flight_ == 0; });
}

}  // namespace stateserver::rpc
