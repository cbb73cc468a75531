// SPDX-License-Identifier: Apache-2.0
//
// Durations as people read them.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace stateserver {

// The size of `duration` in whole milliseconds, as absl writes it: `1.203s`,
// `less than 1ms`. A negative one counts as its opposite.
std::string SizeText(absl::Duration duration);

}  // namespace stateserver
