// SPDX-License-Identifier: Apache-2.0
//
// A thread that does one thing again and again.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace stateserver::telemetry {

// Runs `work` at once and then each time the duration it returned is over.
// Destruction waits for the run under way and ends the thread.
class PeriodicTask {
 public:
  // `work` must not throw.
  explicit PeriodicTask(std::function<absl::Duration()> work);
  ~PeriodicTask();
  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

  // The next run starts now instead of later. Thread-safe.
  void RunSoon();

 private:
  void Loop();

  const std::function<absl::Duration()> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  bool soon_ = false;
  std::thread thread_;
};

}  // namespace stateserver::telemetry
