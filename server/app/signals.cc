// SPDX-License-Identifier: Apache-2.0

#include "server/app/signals.h"

#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace stateserver::app {

namespace {

sigset_t Handled() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

Signal FromNumber(int number) { return number == SIGHUP ? Signal::kReload : Signal::kTerminate; }

}  // namespace

Signals::Signals() {
  sigset_t set = Handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signal Signals::Wait() const {
  sigset_t set = Handled();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return FromNumber(number);
}

std::optional<Signal> Signals::WaitFor(absl::Duration limit) const {
  sigset_t set = Handled();
  timespec time = absl::ToTimespec(limit);
  int number = sigtimedwait(&set, nullptr, &time);
  if (number < 0) return std::nullopt;
  return FromNumber(number);
}

ExitLimit::ExitLimit(absl::Duration limit, std::function<void()> last_words)
    : thread_([this, limit, last_words = std::move(last_words)] {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, absl::ToChronoMilliseconds(limit), [this] { return over_; })) {
          return;
        }
        last_words();
        std::_Exit(0);
      }) {}

ExitLimit::~ExitLimit() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

}  // namespace stateserver::app
