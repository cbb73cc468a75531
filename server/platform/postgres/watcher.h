// SPDX-License-Identifier: Apache-2.0
//
// Ends statements whose caller is gone. libpq's calls block, so a separate thread checks the call
// contexts of the active connections.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/time.h"
#include "server/platform/call_context.h"

struct pg_cancel;

namespace stateserver::postgres {

// CancelTarget is the destination of a cancel request.
struct CancelTarget {
  std::shared_ptr<pg_cancel> cancel;
  // "host:port" of the connection.
  std::string address;
};

// CancelSender sends cancel requests without waiting for them. libpq's PQcancel waits until
// PostgreSQL closes the connection that carried the request, which a stopped PostgreSQL never does;
// so each request runs on its own detached thread. Thread-safe.
class CancelSender {
 public:
  CancelSender();
  // Does not wait; pending requests continue on their own.
  ~CancelSender();
  CancelSender(const CancelSender&) = delete;
  CancelSender& operator=(const CancelSender&) = delete;

  // Sends a request. Does nothing while a request for the same connection is pending, or while
  // kMostPerAddress requests to the same address are; this bounds the threads and sockets that an
  // unresponsive PostgreSQL costs.
  void Send(const CancelTarget& target);

  static constexpr int kMostPerAddress = 8;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

// Shuts the socket down without notifying the peer's process. Pending reads and writes in this
// process return with an error.
void BreakSocket(int socket);

// Interrupt selects what the watcher may do to the active statement.
enum class Interrupt {
  // Cancels it in PostgreSQL when the context fails. Breaks the connection if it has not ended
  // after `kBreakAfter`.
  kWhenContextFails,
  // A COMMIT is never cancelled. Breaks the connection `kCommitGrace` after the context failed.
  kCommit,
  // Clean-up after a failure ignores the context. Breaks the connection after `kCleanupLimit`.
  kCleanup,
};

inline constexpr absl::Duration kWatchInterval = absl::Milliseconds(25);
inline constexpr absl::Duration kCancelInterval = absl::Milliseconds(500);
inline constexpr absl::Duration kBreakAfter = absl::Seconds(2);
inline constexpr absl::Duration kCommitGrace = absl::Seconds(10);
inline constexpr absl::Duration kCleanupLimit = absl::Seconds(5);

// Watch is one blocking operation on one connection, as the watcher sees it.
struct Watch {
  int socket = -1;
  CancelTarget cancel;
  const CallContext* context = nullptr;
  Interrupt interrupt = Interrupt::kWhenContextFails;
  absl::Time entered = SteadyNow();
  // Set by the watcher.
  absl::Status failure;
  absl::Time failed_at = absl::InfiniteFuture();
  absl::Time last_cancel = absl::InfinitePast();
};

// Watcher checks the active operations on one thread, which never blocks on PostgreSQL and sleeps
// while nothing is active. Its destruction does not wait for PostgreSQL. Thread-safe.
class Watcher {
 public:
  Watcher();
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // The watcher may access `watch` until Remove returns.
  void Add(Watch* watch);
  void Remove(Watch* watch);
  CancelSender& cancels() { return cancels_; }

 private:
  void InspectLoop();
  // Returns true if the operation is to be cancelled now.
  bool Inspect(Watch& watch, absl::Time now);

  CancelSender cancels_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<Watch*> watches_;
  bool idle_ = false;
  bool stopping_ = false;
  std::thread looker_;
};

// WatchGuard keeps a Watch registered from construction to Leave or destruction.
class WatchGuard {
 public:
  WatchGuard(Watcher& watcher, Watch watch) : watcher_(watcher), watch_(std::move(watch)) {
    watcher_.Add(&watch_);
  }
  ~WatchGuard() { (void)Leave(); }
  WatchGuard(const WatchGuard&) = delete;
  WatchGuard& operator=(const WatchGuard&) = delete;

  // Returns the failure of the context that made the watcher interrupt, or OK.
  absl::Status Leave() {
    if (!left_) watcher_.Remove(&watch_);
    left_ = true;
    return watch_.failure;
  }

 private:
  Watcher& watcher_;
  Watch watch_;
  bool left_ = false;
};

}  // namespace stateserver::postgres
