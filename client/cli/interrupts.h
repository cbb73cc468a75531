// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C and SIGTERM as events on a thread, because a signal handler may neither cancel a call nor
// remove a file.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace stateserver::client {

// Interrupts runs the handler at the first interrupt. Without a handler, and at the second
// interrupt, the process ends with exit code 130. Thread-safe.
class Interrupts {
 public:
  Interrupts() = default;
  // Stops listening.
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Blocks SIGINT and SIGTERM in this thread and in threads that it starts later, and waits for
  // them on a separate thread. Must be called before any other thread starts.
  void Listen();

  // Performs the action of a signal. Also called by tests.
  void Raise();
  // Handles a pending signal that the thread has not processed yet. Ctrl-C also ends the program at
  // the other end of a pipe; without this call, its end of file could be seen before the interrupt
  // that caused it.
  void Deliver();
  bool raised() const;

  // Guard sets the handler while the guard lives, then restores the previous one. With a null
  // handler an interrupt ends the process.
  class Guard {
   public:
    Guard(Interrupts& interrupts, std::function<void()> handler);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Interrupts& interrupts_;
    std::function<void()> before_;
  };

 private:
  void Wait();
  void RaiseLocked();

  mutable std::mutex mutex_;
  std::function<void()> handler_;
  bool raised_ = false;
  int signals_ = -1;
  int stop_ = -1;
  std::thread thread_;
};

}  // namespace stateserver::client
