// SPDX-License-Identifier: Apache-2.0
//
// Delivery of signals to the main thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/time/time.h"

namespace stateserver::app {

enum class Signal { kTerminate, kReload };

// Signals receives SIGTERM and SIGINT as kTerminate, and SIGHUP as kReload. They stay pending until
// Wait or WaitFor is called; no code runs in a signal handler. SIGPIPE is ignored.
class Signals {
 public:
  // Blocks the signals in this thread and in threads that it starts later, so it must be
  // constructed first in main().
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  Signal Wait() const;
  // Returns nullopt if `limit` passes first.
  std::optional<Signal> WaitFor(absl::Duration limit) const;
};

// ExitLimit ends the process with exit code 0 unless it is destroyed within `limit`. Work that is
// still blocked by then waits for an unresponsive database or name server and has nothing left to
// lose. `last_words` is called before the exit, on another thread. An embedded cluster stops by
// itself when its parent ends.
class ExitLimit {
 public:
  ExitLimit(absl::Duration limit, std::function<void()> last_words);
  ~ExitLimit();
  ExitLimit(const ExitLimit&) = delete;
  ExitLimit& operator=(const ExitLimit&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;  // last member: it uses the others
};

}  // namespace stateserver::app
