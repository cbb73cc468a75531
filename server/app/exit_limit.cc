// SPDX-License-Identifier: Apache-2.0

#include "server/app/exit_limit.h"

#include <cstdlib>
#include <utility>

namespace stateserver::lifecycle {

ExitLimit::ExitLimit(absl::Duration limit, std::function<void()> last_words)
    : thread_([this, limit, last_words = std::move(last_words)] {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, absl::ToChronoMilliseconds(limit), [this] { return over_; })) {
          return;
        }
        last_words();
        std::_Exit(0);
      }) {}

ExitLimit::~ExitLimit() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

}  // namespace stateserver::lifecycle
