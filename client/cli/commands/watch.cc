// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/watch.h"

#include "absl/time/clock.h"
#include "client/errors.h"
#include "common/time.h"

namespace stateserver::client {
namespace {

constexpr absl::Duration kPause = absl::Seconds(1);
constexpr absl::Duration kLook = absl::Milliseconds(50);

}  // namespace

absl::Status PauseToWatch(Session& session) {
  session.out().flush();
  for (absl::Time end = SteadyNow() + kPause; SteadyNow() < end; absl::SleepFor(kLook)) {
    if (session.interrupts().raised()) {
      return ClientError(ClientReason::INTERRUPTED, "Interrupted.");
    }
  }
  return absl::OkStatus();
}

}  // namespace stateserver::client
