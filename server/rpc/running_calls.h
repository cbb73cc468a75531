// SPDX-License-Identifier: Apache-2.0
//
// The calls at work on this server, as others may look at them.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/time.h"
#include "server/platform/backends.h"

namespace stateserver::rpc {

// One phase follows the other; one that comes again goes on counting. Not thread-safe.
class Phases {
 public:
  // Ends the present phase and begins `name`; nothing where that is the present one.
  void Enter(std::string_view name);

  // "stage 12.1s, lock 3ms", in the order they were entered; "" without any. Names
  // beyond the first kMax count together as "others".
  std::string Text() const;

  static constexpr size_t kMax = 20;

 private:
  struct Phase {
    std::string name;
    absl::Duration spent;
  };

  std::vector<Phase> phases_;
  size_t present_ = 0;
  absl::Time since_;
};

// What is known of one call at an instant.
struct CallSnapshot {
  std::string method;
  std::string principal;
  std::string peer;
  absl::Time started;
  // Empty while they are not known, or where there is none.
  std::string gateway;
  std::string operation;
  std::string phase;
  // Of the present phase: records or steps, and how many there will be; 0: not known.
  int64_t done = 0;
  int64_t total = 0;
  std::vector<int> backends;
};

// One call, told by its own thread. Thread-safe.
class RunningCall {
 public:
  void Begin(std::string_view method, std::string_view principal, std::string_view peer);
  void set_gateway(std::string_view name);
  void set_operation(std::string_view id);
  // A new phase begins to count anew.
  void EnterPhase(std::string_view name);
  void AddDone(int64_t done);
  void SetDone(int64_t done, int64_t total);
  const std::shared_ptr<Backends>& backends() const { return backends_; }

  CallSnapshot Snapshot() const;

 private:
  mutable std::mutex mutex_;
  CallSnapshot known_;
  const std::shared_ptr<Backends> backends_ = std::make_shared<Backends>();
};

// Thread-safe.
class RunningCalls {
 public:
  // Lists the call while it lives. This must live longer.
  class Guard {
   public:
    Guard(RunningCalls& calls, const RunningCall& call);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    RunningCalls& calls_;
    std::list<const RunningCall*>::iterator place_;
  };

  // The oldest first.
  std::vector<CallSnapshot> List() const;

 private:
  mutable std::mutex mutex_;
  std::list<const RunningCall*> calls_;
};

}  // namespace stateserver::rpc
