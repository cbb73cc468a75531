// SPDX-License-Identifier: Apache-2.0
//
// The PostgreSQL sessions that a call currently holds.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

namespace stateserver {

// Backends is a set of PostgreSQL backend process ids. Thread-safe.
class Backends {
 public:
  void Add(int pid) {
    std::lock_guard lock(mutex_);
    pids_.push_back(pid);
  }
  void Remove(int pid) {
    std::lock_guard lock(mutex_);
    auto found = std::find(pids_.begin(), pids_.end(), pid);
    if (found != pids_.end()) pids_.erase(found);
  }
  std::vector<int> List() const {
    std::lock_guard lock(mutex_);
    return pids_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<int> pids_;
};

}  // namespace stateserver
