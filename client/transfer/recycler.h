// SPDX-License-Identifier: Apache-2.0
//
// Messages that go round between two threads: a cleared message keeps its
// strings' memory, so that a long stream allocates nothing.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace stateserver::client {

template <typename Message>
class Recycler {
 public:
  std::unique_ptr<Message> Take() {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Message>();
    std::unique_ptr<Message> message = std::move(free_.back());
    free_.pop_back();
    return message;
  }

  void Give(std::unique_ptr<Message> message) {
    message->Clear();
    std::lock_guard lock(mutex_);
    free_.push_back(std::move(message));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Message>> free_;
};

}  // namespace stateserver::client
