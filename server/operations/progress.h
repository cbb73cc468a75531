// SPDX-License-Identifier: Apache-2.0
//
// How long calls report their progress.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace stateserver::operations {

// Progress reports how far a step is. `step` is a short phrase, `done` and `total` count what the
// step works on; a `total` of 0 means that it is not known.
using Progress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

}  // namespace stateserver::operations
