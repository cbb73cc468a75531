// SPDX-License-Identifier: Apache-2.0

#include "common/steady_time.h"

#include <chrono>

#include "absl/time/clock.h"

namespace stateserver {
namespace {

struct Begin {
  absl::Time wall = absl::Now();
  std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
};

}  // namespace

absl::Time SteadyNow() {
  static const Begin begin;
  return begin.wall + absl::FromChrono(std::chrono::steady_clock::now() - begin.steady);
}

}  // namespace stateserver
