// SPDX-License-Identifier: Apache-2.0

#include "client/cli/interrupts.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <utility>

#include "client/errors.h"

namespace stateserver::client {

Interrupts::~Interrupts() {
  if (!thread_.joinable()) return;
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(stop_, &one, sizeof(one));
  thread_.join();
  close(stop_);
  close(signals_);
}

void Interrupts::Listen() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (signals_ >= 0 && stop_ >= 0) thread_ = std::thread([this] { Wait(); });
}

void Interrupts::Wait() {
  while (true) {
    pollfd waiting[2] = {{signals_, POLLIN, 0}, {stop_, POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0) continue;
    if (waiting[1].revents != 0) return;
    Deliver();
  }
}

void Interrupts::Deliver() {
  std::lock_guard lock(mutex_);
  signalfd_siginfo signal{};
  if (signals_ >= 0 && read(signals_, &signal, sizeof(signal)) == sizeof(signal)) RaiseLocked();
}

void Interrupts::Raise() {
  std::lock_guard lock(mutex_);
  RaiseLocked();
}

void Interrupts::RaiseLocked() {
  bool again = std::exchange(raised_, true);
  if (!handler_ || again) {
    // Nothing in progress needs to be undone, or the user insists.
    static constexpr char kText[] = "\nInterrupted.\n";
    [[maybe_unused]] ssize_t written = write(STDERR_FILENO, kText, sizeof(kText) - 1);
    _exit(kExitInterrupted);
  }
  handler_();
}

bool Interrupts::raised() const {
  std::lock_guard lock(mutex_);
  return raised_;
}

Interrupts::Guard::Guard(Interrupts& interrupts, std::function<void()> handler)
    : interrupts_(interrupts) {
  std::lock_guard lock(interrupts_.mutex_);
  before_ = std::exchange(interrupts_.handler_, std::move(handler));
}

Interrupts::Guard::~Guard() {
  std::lock_guard lock(interrupts_.mutex_);
  interrupts_.handler_ = std::move(before_);
}

}  // namespace stateserver::client
