// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/watcher.h"

#include <utility>

#include "common/steady_time.h"

namespace stateserver::postgres {

Watcher::Watcher() : looker_([this] { LookLoop(); }) {}

Watcher::~Watcher() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  looker_.join();
}

void Watcher::Add(Watch* watch) {
  std::lock_guard lock(mutex_);
  watches_.push_back(watch);
  if (std::exchange(idle_, false)) work_.notify_one();
}

void Watcher::Remove(Watch* watch) {
  std::lock_guard lock(mutex_);
  std::erase(watches_, watch);
}

void Watcher::LookLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (watches_.empty()) {
      idle_ = true;
      work_.wait(lock);
      continue;
    }
    absl::Time now = SteadyNow();
    std::vector<CancelTarget> due;
    for (Watch* watch : watches_) {
      if (Look(*watch, now)) due.push_back(watch->cancel);
    }
    if (!due.empty()) {
      lock.unlock();
      for (const CancelTarget& target : due) cancels_.Send(target);
      lock.lock();
      if (stopping_) return;
    }
    work_.wait_for(lock, absl::ToChronoMilliseconds(kWatchInterval));
  }
}

bool Watcher::Look(Watch& watch, absl::Time now) {
  if (watch.interrupt == Interrupt::kCleanup) {
    if (now - watch.entered > kCleanupLimit) BreakSocket(watch.socket);
    return false;
  }
  if (watch.failure.ok()) {
    watch.failure = watch.context->Check();
    if (watch.failure.ok()) return false;
    watch.failed_at = now;
  }
  bool commit = watch.interrupt == Interrupt::kCommit;
  if (now - watch.failed_at > (commit ? kCommitGrace : kBreakAfter)) BreakSocket(watch.socket);
  if (commit || now - watch.last_cancel < kCancelInterval) return false;
  watch.last_cancel = now;
  return true;
}

}  // namespace stateserver::postgres
