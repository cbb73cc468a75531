// One of the imports and upgrades that may run at once.
#pragma once

#include <atomic>

#include "absl/status/status.h"
#include "common/error.h"
#include "common/text.h"

namespace stateserver::rpc {

class Slot {
 public:
  Slot(std::atomic<int>& running, int limit)
      : running_(running), taken_(running.fetch_add(1) < limit) {}
  ~Slot() { running_.fetch_sub(1); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  bool taken() const { return taken_; }

  static absl::Status Overloaded(int limit) {
    return Error(Reason::OVERLOADED, Cat(limit, " imports run on this server already"),
                 "Try again when one of them is done, or raise "
                 "limits.max_concurrent_imports.");
  }

 private:
  std::atomic<int>& running_;
  const bool taken_;
};

}  // namespace stateserver::rpc
