// SPDX-License-Identifier: Apache-2.0
//
// Time that never steps, for timeouts and durations: clocks of machines are set.
#pragma once

#include "absl/time/time.h"

namespace stateserver {

// What the wall clock said when the program first asked, plus what has passed since
// then. Not for what is shown, stored, or compared with times of elsewhere.
absl::Time SteadyNow();

}  // namespace stateserver
