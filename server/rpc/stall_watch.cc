// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/stall_watch.h"

#include "common/time.h"

namespace stateserver::rpc {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(500);

}  // namespace

absl::Duration StreamActivity::waited(absl::Time now) const {
  std::lock_guard lock(mutex_);
  return since_ ? now - *since_ : absl::ZeroDuration();
}

void StreamActivity::SetStalled() {
  std::lock_guard lock(mutex_);
  stalled_ = true;
}

bool StreamActivity::stalled() const {
  std::lock_guard lock(mutex_);
  return stalled_;
}

void StreamActivity::Set(std::optional<absl::Time> since) {
  std::lock_guard lock(mutex_);
  since_ = since;
}

StallWatch::StallWatch(std::function<absl::Duration()> limit)
    : limit_(std::move(limit)), task_([this] { return Poll(); }) {}

absl::Duration StallWatch::Poll() {
  absl::Time now = SteadyNow();
  absl::Duration limit = limit_();
  std::lock_guard lock(mutex_);
  for (Guard* guard : guards_) {
    if (guard->activity_.waited(now) <= limit || guard->activity_.stalled()) continue;
    guard->activity_.SetStalled();
    guard->end_();
  }
  return kInterval;
}

StallWatch::Guard::Guard(StallWatch& watch, StreamActivity& activity, std::function<void()> end)
    : watch_(watch), activity_(activity), end_(std::move(end)) {
  std::lock_guard lock(watch_.mutex_);
  watch_.guards_.insert(this);
}

StallWatch::Guard::~Guard() {
  std::lock_guard lock(watch_.mutex_);
  watch_.guards_.erase(this);
}

}  // namespace stateserver::rpc
