// SPDX-License-Identifier: Apache-2.0
//
// Ends statements whose caller is gone: libpq's calls block, so another thread
// looks at the call contexts of the connections at work.
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

// Where a cancel request goes.
struct CancelTarget {
  std::shared_ptr<pg_cancel> cancel;
  // "host:port" that the connection was made to.
  std::string address;
};

// Sends cancel requests without waiting for them. libpq's PQcancel waits until
// PostgreSQL closes the connection that brought the request, which a stopped one
// never does; so each request has a thread of its own, and nobody joins it.
// Thread-safe.
class CancelSender {
 public:
  CancelSender();
  // Requests on their way go on alone.
  ~CancelSender();
  CancelSender(const CancelSender&) = delete;
  CancelSender& operator=(const CancelSender&) = delete;

  // Does nothing while a request for the same connection is on its way, or
  // kMostPerAddress to the same address are: a PostgreSQL that reads none of them
  // costs that many threads and sockets, and no more.
  void Send(const CancelTarget& target);

  // Requests on their way.
  size_t in_flight() const;

  static constexpr int kMostPerAddress = 8;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

// Ends the connection of `socket` without a word to the other side's process: what
// reads or writes it here returns with an error.
void BreakSocket(int socket);

// What the watcher may do to the work under way.
enum class Interrupt {
  // Cancel it in PostgreSQL when the context fails; break the connection when
  // that does not help within `kBreakAfter`.
  kWhenContextFails,
  // A COMMIT: never cancelled. Broken off `kCommitGrace` after the context failed.
  kCommit,
  // Clean-up after a failure: ignores the context, broken off after `kCleanupLimit`.
  kCleanup,
};

inline constexpr absl::Duration kWatchInterval = absl::Milliseconds(25);
inline constexpr absl::Duration kCancelInterval = absl::Milliseconds(500);
inline constexpr absl::Duration kBreakAfter = absl::Seconds(2);
inline constexpr absl::Duration kCommitGrace = absl::Seconds(10);
inline constexpr absl::Duration kCleanupLimit = absl::Seconds(5);

// One blocking piece of work on one connection, as the watcher sees it.
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

// One thread, which never blocks and sleeps while nothing is at work: whoever
// destroys the watcher does not wait for PostgreSQL. Thread-safe.
class Watcher {
 public:
  Watcher();
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // `watch` is the watcher's until Remove returns.
  void Add(Watch* watch);
  void Remove(Watch* watch);
  CancelSender& cancels() { return cancels_; }

 private:
  void InspectLoop();
  // True when the work is to be cancelled now.
  bool Inspect(Watch& watch, absl::Time now);

  CancelSender cancels_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<Watch*> watches_;
  bool idle_ = false;
  bool stopping_ = false;
  std::thread looker_;
};

// Keeps a Watch with the watcher from construction to Leave or destruction.
class WatchGuard {
 public:
  WatchGuard(Watcher& watcher, Watch watch) : watcher_(watcher), watch_(std::move(watch)) {
    watcher_.Add(&watch_);
  }
  ~WatchGuard() { (void)Leave(); }
  WatchGuard(const WatchGuard&) = delete;
  WatchGuard& operator=(const WatchGuard&) = delete;

  // What was wrong with the context when the watcher interrupted, else OK.
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
