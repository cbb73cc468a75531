// SPDX-License-Identifier: Apache-2.0
//
// A thread that waits for sockets and timers (libevent). A write on this thread to a closed peer
// fails with EPIPE and does not raise SIGPIPE.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

struct event_base;
struct event;

namespace stateserver::transport {

struct FreeEvent {
  void operator()(event_base* base) const;
  void operator()(event* one) const;
};
using EventBasePtr = std::unique_ptr<event_base, FreeEvent>;
using EventPtr = std::unique_ptr<event, FreeEvent>;

class EventLoop {
 public:
  EventLoop();
  // Ends the thread. Drops posted functions that have not started.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs `work` on the loop's thread soon, in the order of the calls. Thread-safe.
  void Post(std::function<void()> work);
  // Works like Post, and waits until `work` has run. Must not be called from the loop's own thread.
  void RunAndWait(const std::function<void()>& work);

  // Must be used only on the loop's own thread.
  event_base* base() { return base_.get(); }

 private:
  void RunPosted();

  EventBasePtr base_;
  EventPtr wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  std::thread thread_;  // last member: it uses the others
};

}  // namespace stateserver::transport
