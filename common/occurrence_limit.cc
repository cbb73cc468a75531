// SPDX-License-Identifier: Apache-2.0

#include "common/occurrence_limit.h"

#include <utility>

namespace stateserver {

bool OccurrenceLimit::Admit(std::string_view key, std::string_view fallback, absl::Time now) {
  std::lock_guard lock(mutex_);
  Window& window = Find(key, fallback, now);
  if (now - window.begin >= window_) {
    window.begin = now;
    window.admitted = 0;
  }
  if (window.admitted < most_) {
    ++window.admitted;
    return true;
  }
  ++window.left_out;
  return false;
}

OccurrenceLimit::Window& OccurrenceLimit::Find(std::string_view key, std::string_view fallback,
                                               absl::Time now) {
  if (auto found = windows_.find(key); found != windows_.end()) return found->second;
  // Scanning all keys is expensive, so a flood of new keys triggers at most one scan a second.
  if (windows_.size() >= max_keys_ && now - cleaned_ >= absl::Seconds(1)) ForgetEnded(now);
  std::string_view name = windows_.size() < max_keys_ ? key : fallback;
  return windows_.try_emplace(std::string(name), Window{now}).first->second;
}

void OccurrenceLimit::ForgetEnded(absl::Time now) {
  cleaned_ = now;
  std::erase_if(windows_, [&](const auto& one) {
    return one.second.left_out == 0 && now - one.second.begin >= window_;
  });
}

std::vector<OccurrenceLimit::LeftOut> OccurrenceLimit::TakeLeftOut(absl::Time now) {
  std::lock_guard lock(mutex_);
  std::vector<LeftOut> taken;
  for (auto& [key, window] : windows_) {
    if (window.left_out > 0) taken.push_back({key, std::exchange(window.left_out, 0)});
  }
  ForgetEnded(now);
  return taken;
}

}  // namespace stateserver
