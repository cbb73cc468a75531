// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/watcher.h"

#include <libpq-fe.h>
#include <sys/socket.h>

#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "common/time.h"

namespace stateserver::postgres {

Watcher::Watcher() : looker_([this] { InspectLoop(); }) {}

Watcher::~Watcher() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  looker_.join();
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

void Watcher::InspectLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (watches_.empty()) {
      idle_ = true;
      work_.wait(lock);
      continue;
    }
    absl::Time now = SteadyNow();
    std::vector<CancelTarget> due;
    for (Watch* watch : watches_) {
      if (Inspect(*watch, now)) due.push_back(watch->cancel);
    }
    if (!due.empty()) {
      lock.unlock();
      for (const CancelTarget& target : due) cancels_.Send(target);
      lock.lock();
      if (stopping_) return;
    }
    work_.wait_for(lock, absl::ToChronoMilliseconds(kWatchInterval));
  }
}

bool Watcher::Inspect(Watch& watch, absl::Time now) {
  if (watch.interrupt == Interrupt::kCleanup) {
    if (now - watch.entered > kCleanupLimit) BreakSocket(watch.socket);
    return false;
  }
  if (watch.failure.ok()) {
    watch.failure = watch.context->Check();
    if (watch.failure.ok()) return false;
    watch.failed_at = now;
  }
  bool commit = watch.interrupt == Interrupt::kCommit;
  if (now - watch.failed_at > (commit ? kCommitGrace : kBreakAfter)) BreakSocket(watch.socket);
  if (commit || now - watch.last_cancel < kCancelInterval) return false;
  watch.last_cancel = now;
  return true;
}

// State is shared with the threads, which may outlive the sender.
struct CancelSender::State {
  std::mutex mutex;
  std::set<const pg_cancel*> connections;
  std::map<std::string, int> by_address;

  bool Enter(const CancelTarget& target) {
    std::lock_guard lock(mutex);
    int& count = by_address[target.address];
    if (count >= kMostPerAddress || !connections.insert(target.cancel.get()).second) return false;
    ++count;
    return true;
  }

  void Leave(const CancelTarget& target) {
    std::lock_guard lock(mutex);
    connections.erase(target.cancel.get());
    auto found = by_address.find(target.address);
    if (--found->second == 0) by_address.erase(found);
  }
};

CancelSender::CancelSender() : state_(std::make_shared<State>()) {}

CancelSender::~CancelSender() = default;

void CancelSender::Send(const CancelTarget& target) {
  if (!state_->Enter(target)) return;
  try {
    std::thread([state = state_, target] {
      char error[256];
      // A lost request is sent again as long as the statement runs.
      (void)PQcancel(target.cancel.get(), error, sizeof error);
      state->Leave(target);
    }).detach();
  } catch (const std::system_error&) {
    // No thread is available now; the watcher retries.
    state_->Leave(target);
  }
}

void BreakSocket(int socket) {
  if (socket < 0) return;
  // Over TCP, a shutdown alone leaves a backend blocked in a send; connecting to AF_UNSPEC resets
  // the connection. Unix sockets reject that and need only the shutdown.
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  (void)connect(socket, &nowhere, sizeof nowhere);
  (void)shutdown(socket, SHUT_RDWR);
}

}  // namespace stateserver::postgres
