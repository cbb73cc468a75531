// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/periodic_task.h"

#include <utility>

namespace stateserver::telemetry {

PeriodicTask::PeriodicTask(std::function<absl::Duration()> work)
    : work_(std::move(work)), thread_([this] { Loop(); }) {}

PeriodicTask::~PeriodicTask() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void PeriodicTask::RunSoon() {
  {
    std::lock_guard lock(mutex_);
    soon_ = true;
  }
  changed_.notify_all();
}

void PeriodicTask::Loop() {
  while (true) {
    absl::Duration pause = work_();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(pause), [this] { return stop_ || soon_; });
    if (stop_) return;
    soon_ = false;
  }
}

}  // namespace stateserver::telemetry
