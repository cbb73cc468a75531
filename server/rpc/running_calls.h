// SPDX-License-Identifier: Apache-2.0
//
// The active calls on this server, as shown to other callers.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/platform/backends.h"

namespace stateserver::rpc {

// Phases measures consecutive phases of a call; a phase that occurs again accumulates. Not
// thread-safe.
class Phases {
 public:
  // Ends the current phase and begins `name`. Does nothing if that is the current phase.
  void Enter(std::string_view name);

  // Returns "stage 12.1s, lock 3ms", in the order of first entry; "" if there are none. Phases
  // beyond the first kMax names are combined as "others".
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

// CallSnapshot describes one call at a point in time.
struct CallSnapshot {
  std::string method;
  std::string principal;
  std::string peer;
  absl::Time started;
  // Empty while unknown or not applicable.
  std::string gateway;
  std::string operation;
  std::string phase;
  // Progress of the current phase in records or steps, and the total; 0 if unknown.
  int64_t done = 0;
  int64_t total = 0;
  std::vector<int> backends;
};

// CancelFlag is set by whoever asks to cancel an operation. It may outlive the call. Thread-safe.
class CancelFlag {
 public:
  void Set(std::string principal);
  // Returns the principal, or the empty string while nobody has asked.
  std::string by() const;

 private:
  mutable std::mutex mutex_;
  std::string by_;
};

// RunningCall is one call, updated by its own thread. Thread-safe.
class RunningCall {
 public:
  void Begin(std::string_view method, std::string_view principal, std::string_view peer);
  void set_gateway(std::string_view name);
  void set_operation(std::string_view id);
  // Starts a phase and resets the counts.
  void EnterPhase(std::string_view name);
  void AddDone(int64_t done);
  void SetDone(int64_t done, int64_t total);
  const std::shared_ptr<Backends>& backends() const { return backends_; }
  const std::shared_ptr<CancelFlag>& cancel_flag() const { return cancel_flag_; }

  CallSnapshot Snapshot() const;

 private:
  mutable std::mutex mutex_;
  CallSnapshot known_;
  const std::shared_ptr<Backends> backends_ = std::make_shared<Backends>();
  const std::shared_ptr<CancelFlag> cancel_flag_ = std::make_shared<CancelFlag>();
};

// RunningCalls lists the active calls. Thread-safe.
class RunningCalls {
 public:
  // Guard lists the call while the guard lives. The RunningCalls must outlive it.
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

  // Returns the calls, oldest first.
  std::vector<CallSnapshot> List() const;

  // Cancels the call that runs the operation on the gateway, if it is one of these, on behalf of
  // `principal`.
  void Cancel(std::string_view gateway, std::string_view operation, std::string_view principal);

 private:
  mutable std::mutex mutex_;
  std::list<const RunningCall*> calls_;
};

}  // namespace stateserver::rpc
