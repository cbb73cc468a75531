// SPDX-License-Identifier: Apache-2.0
//
// Shows ThreadSanitizer that a call's handler runs after what the test did
// before the call, and before what it does after it. gRPC orders them with
// locks of its own, but Debian's library is not instrumented.
#pragma once

#include <mutex>

namespace stateserver {

// Around a handler, and around the call that leads to it.
class Handover {
 public:
  Handover() { Pass(); }
  ~Handover() { Pass(); }
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

 private:
  static void Pass() {
    static std::mutex mutex;
    std::lock_guard lock(mutex);
  }
};

}  // namespace stateserver
