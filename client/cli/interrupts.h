// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C and SIGTERM as an event that a thread handles: cancelling a call or
// removing a file is nothing a signal handler may do.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace stateserver::client {

// Thread-safe. The first interrupt runs the handler; without one, and at the
// second interrupt, the process ends with exit code 130.
class Interrupts {
 public:
  Interrupts() = default;
  // Stops listening.
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Blocks SIGINT and SIGTERM for this thread and those it starts from now on,
  // and waits for them on a thread of its own. Before any other thread starts.
  void Listen();

  // What a signal does; tests call it.
  void Raise();
  // Handles a signal that has come and that the thread has not got to yet. Ctrl-C
  // ends the program before a pipe, too: without this, its end of file may be
  // seen before the interrupt that caused it.
  void Deliver();
  bool raised() const;

  // While it lives, `handler` is what an interrupt runs; afterwards the one
  // before it is again. Null: the process ends.
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
