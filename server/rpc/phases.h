// SPDX-License-Identifier: Apache-2.0
//
// How long a call spent in each of its phases, for the log line of a slow one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/steady_time.h"

namespace stateserver::rpc {

// One phase follows the other; one that comes again goes on counting. Not thread-safe.
class Phases {
 public:
  // Ends the present phase and begins `name`; nothing where that is the present one.
  void Enter(std::string_view name);

  // "stage 12.1s, lock 3ms", in the order they were entered; "" without any. Names
  // beyond the first kMax count together as "others".
  std::string Text() const;

  static constexpr size_t kMax = 20;

 private:
  struct Phase {
    std::string name;
    absl::Duration spent;
  };

  std::vector<Phase> phases_;
  size_t present_ = 0;
  absl::Time since_;
};

}  // namespace stateserver::rpc
