// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/phases.h"

#include <algorithm>

namespace stateserver::rpc {

void Phases::Enter(std::string_view name) {
  absl::Time now = SteadyNow();
  if (!phases_.empty()) {
    if (phases_[present_].name == name) return;
    phases_[present_].spent += now - since_;
  }
  since_ = now;
  auto find = [&](std::string_view wanted) {
    auto found = std::find_if(phases_.begin(), phases_.end(),
                              [&](const Phase& phase) { return phase.name == wanted; });
    return static_cast<size_t>(found - phases_.begin());
  };
  present_ = find(name);
  if (present_ < phases_.size()) return;
  if (phases_.size() >= kMax) present_ = find(name = "others");
  if (present_ == phases_.size()) phases_.push_back({std::string(name), absl::ZeroDuration()});
}

std::string Phases::Text() const {
  std::string text;
  for (size_t i = 0; i < phases_.size(); ++i) {
    absl::Duration spent = phases_[i].spent;
    if (i == present_) spent += SteadyNow() - since_;
    if (!text.empty()) text.append(", ");
    text.append(phases_[i].name).append(" ");
    text.append(absl::FormatDuration(absl::Trunc(
        spent, spent < absl::Seconds(1) ? absl::Milliseconds(1) : absl::Milliseconds(100))));
  }
  return text;
}

}  // namespace stateserver::rpc
