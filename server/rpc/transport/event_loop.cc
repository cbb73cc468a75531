// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/event_loop.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>

#include <csignal>
#include <future>
#include <utility>

namespace stateserver::transport {
namespace {

// Initializes libevent once per process, before the first base.
event_base* NewBase() {
  static const int threads = evthread_use_pthreads();
  (void)threads;
  return event_base_new();
}

// SIGPIPE is delivered to the writing thread, and neither libevent nor OpenSSL writes with
// MSG_NOSIGNAL. Blocking it here turns a closed peer into a write error, however the process
// handles the signal.
void Serve(event_base* base) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY);
}

}  // namespace

void FreeEvent::operator()(event_base* base) const { event_base_free(base); }
void FreeEvent::operator()(event* one) const { event_free(one); }

EventLoop::EventLoop()
    : base_(NewBase()),
      wake_(event_new(
          base_.get(), -1, EV_PERSIST,
          [](evutil_socket_t, short, void* self) { static_cast<EventLoop*>(self)->RunPosted(); },
          this)),
      thread_(&Serve, base_.get()) {}

EventLoop::~EventLoop() {
  // Posted to the loop, because a loop that has not started ignores a break.
  Post([base = base_.get()] { event_base_loopbreak(base); });
  thread_.join();
}

void EventLoop::Post(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  event_active(wake_.get(), 0, 0);
}

void EventLoop::RunAndWait(const std::function<void()>& work) {
  std::promise<void> done;
  Post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void EventLoop::RunPosted() {
  std::vector<std::function<void()>> work;
  {
    std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (const auto& one : work) one();
}

}  // namespace stateserver::transport
