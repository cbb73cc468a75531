// SPDX-License-Identifier: Apache-2.0
//
// The last resort of a server that is told to end.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace stateserver::lifecycle {

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

}  // namespace stateserver::lifecycle
