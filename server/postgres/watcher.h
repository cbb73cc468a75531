// Ends statements whose caller is gone: libpq's calls block, so another thread
// looks at the call contexts of the connections at work.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/steady_time.h"
#include "server/call_context.h"

struct pg_cancel;

namespace stateserver::postgres {

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
  std::shared_ptr<pg_cancel> cancel;
  const CallContext* context = nullptr;
  Interrupt interrupt = Interrupt::kWhenContextFails;
  absl::Time entered = SteadyNow();
  // Set by the watcher.
  absl::Status failure;
  absl::Time failed_at = absl::InfiniteFuture();
  absl::Time last_cancel = absl::InfinitePast();
};

// Two threads: one looks, one sends cancel requests (which can block on a dead
// network). Both sleep while nothing is at work. Thread-safe.
class Watcher {
 public:
  Watcher();
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // `watch` is the watcher's until Remove returns.
  void Add(Watch* watch);
  void Remove(Watch* watch);

 private:
  void LookLoop();
  void CancelLoop();
  void Look(Watch& watch, absl::Time now);

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable cancel_;
  std::vector<Watch*> watches_;
  std::deque<std::shared_ptr<pg_cancel>> cancels_;
  bool idle_ = false;
  bool stopping_ = false;
  std::thread looker_;
  std::thread canceller_;
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
