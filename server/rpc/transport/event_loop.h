// SPDX-License-Identifier: Apache-2.0
//
// A thread that waits for sockets and timers (libevent). A write on it to a peer
// that has gone fails with EPIPE; it raises no SIGPIPE.
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
  // Ends the thread; what was posted and has not begun is dropped.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs `work` on the loop's thread, soon, in the order of the calls. Thread-safe.
  void Post(std::function<void()> work);
  // As Post, and waits until it has run. Not from the loop's own thread.
  void Run(const std::function<void()>& work);

  // For the loop's own thread alone.
  event_base* base() { return base_.get(); }

 private:
  void RunPosted();

  EventBasePtr base_;
  EventPtr wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace stateserver::transport
