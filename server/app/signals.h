// SPDX-License-Identifier: Apache-2.0
//
// Signals as events of the main thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/time/time.h"

namespace stateserver::app {

enum class Signal { kTerminate, kReload };

// SIGTERM and SIGINT are kTerminate, SIGHUP is kReload. They wait until
// somebody asks; no code runs in a handler. SIGPIPE is ignored.
class Signals {
 public:
  // Blocks them in this thread and those it starts from now on, so it comes
  // first in main().
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  Signal Wait() const;
  // nullopt when the time is over first.
  std::optional<Signal> WaitFor(absl::Duration limit) const;
};

// Ends the process with exit code 0 unless destroyed within `limit`: what still waits
// then waits for a database or a name server that does not answer, and has nothing
// left to lose. `last_words` is called before, on another thread. An embedded cluster
// stops by itself when its parent is gone.
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
  std::thread thread_;  // last: it uses the others
};

}  // namespace stateserver::app
