// SPDX-License-Identifier: Apache-2.0
//
// A queue between two threads that holds at most so many bytes.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace stateserver::client {

// One producer, one consumer; any thread may Abandon.
template <typename T>
class BoundedQueue {
 public:
  // An item heavier than `capacity` passes alone.
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  // Waits for room. False when the consumer has gone.
  bool Push(T item, size_t weight) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return abandoned_ || items_.empty() || weight_ + weight <= capacity_; });
    if (abandoned_) return false;
    items_.emplace_back(std::move(item), weight);
    weight_ += weight;
    changed_.notify_all();
    return true;
  }

  // Waits for an item; nothing after Close and the last one.
  std::optional<T> Pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty() || closed_ || abandoned_; });
    if (items_.empty() || abandoned_) return std::nullopt;
    T item = std::move(items_.front().first);
    weight_ -= items_.front().second;
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  bool abandoned() {
    std::lock_guard lock(mutex_);
    return abandoned_;
  }

  // The producer has nothing more.
  void Close() { Set(&closed_); }
  // The consumer takes no more: what is queued is dropped.
  void Abandon() { Set(&abandoned_); }

 private:
  void Set(bool* flag) {
    std::lock_guard lock(mutex_);
    *flag = true;
    changed_.notify_all();
  }

  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<T, size_t>> items_;
  size_t weight_ = 0;
  bool closed_ = false;
  bool abandoned_ = false;
};

}  // namespace stateserver::client
