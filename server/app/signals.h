// SPDX-License-Identifier: Apache-2.0
//
// Signals as events of the main thread.
#pragma once

#include <optional>

#include "absl/time/time.h"

namespace stateserver::lifecycle {

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

}  // namespace stateserver::lifecycle
