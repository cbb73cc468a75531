#include "server/postgres/watcher.h"

#include <libpq-fe.h>
#include <sys/socket.h>

#include <utility>

#include "common/steady_time.h"

namespace stateserver::postgres {
namespace {

void BreakSocket(int socket) {
  // Over TCP a mere shutdown leaves a backend that is blocked in a send blocked;
  // connecting to AF_UNSPEC resets the connection. Unix sockets refuse that,
  // and need only the shutdown.
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  (void)connect(socket, &nowhere, sizeof nowhere);
  (void)shutdown(socket, SHUT_RDWR);
}

}  // namespace

Watcher::Watcher() : looker_([this] { LookLoop(); }), canceller_([this] { CancelLoop(); }) {}

Watcher::~Watcher() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  cancel_.notify_all();
  looker_.join();
  canceller_.join();
}

void Watcher::Add(Watch* watch) {
  std::lock_guard lock(mutex_);
  watches_.push_back(watch);
  if (std::exchange(idle_, false)) work_.notify_one();
}

void Watcher::Remove(Watch* watch) {
  std::lock_guard lock(mutex_);
  std::erase(watches_, watch);
}

void Watcher::LookLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (watches_.empty()) {
      idle_ = true;
      work_.wait(lock);
      continue;
    }
    absl::Time now = SteadyNow();
    for (Watch* watch : watches_) Look(*watch, now);
    if (!cancels_.empty()) cancel_.notify_one();
    work_.wait_for(lock, absl::ToChronoMilliseconds(kWatchInterval));
  }
}

void Watcher::Look(Watch& watch, absl::Time now) {
  if (watch.interrupt == Interrupt::kCleanup) {
    if (now - watch.entered > kCleanupLimit) BreakSocket(watch.socket);
    return;
  }
  if (watch.failure.ok()) {
    watch.failure = watch.context->Check();
    if (watch.failure.ok()) return;
    watch.failed_at = now;
  }
  bool commit = watch.interrupt == Interrupt::kCommit;
  if (now - watch.failed_at > (commit ? kCommitGrace : kBreakAfter)) BreakSocket(watch.socket);
  if (commit || now - watch.last_cancel < kCancelInterval) return;
  watch.last_cancel = now;
  cancels_.push_back(watch.cancel);
}

void Watcher::CancelLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (cancels_.empty()) {
      cancel_.wait(lock);
      continue;
    }
    std::shared_ptr<pg_cancel> cancel = std::move(cancels_.front());
    cancels_.pop_front();
    lock.unlock();
    char error[256];
    // A request that is lost is sent again as long as the work goes on.
    (void)PQcancel(cancel.get(), error, sizeof error);
    lock.lock();
  }
}

}  // namespace stateserver::postgres
