// SPDX-License-Identifier: Apache-2.0
//
// A thread that runs a function periodically.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace stateserver::telemetry {

// PeriodicTask runs `work` immediately, and again each time the duration that it returned has
// passed. The destructor waits for the run in progress and ends the thread.
class PeriodicTask {
 public:
  // `work` must not throw.
  explicit PeriodicTask(std::function<absl::Duration()> work);
  ~PeriodicTask();
  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

  // Starts the next run now. Thread-safe.
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
