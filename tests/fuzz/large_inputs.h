// SPDX-License-Identifier: Apache-2.0
//
// Long inputs for the fuzz targets: deep nesting, long runs, many elements. A parser whose time
// grows with the square of its input shows itself on these.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::fuzz {

// The longest input of a fuzz target.
inline constexpr size_t kMostInputBytes = 1 << 20;

// Returns the inputs for the target, each of at most `size` bytes, and at least `size` - 256.
std::vector<std::string> LargeInputs(std::string_view target, size_t size);

}  // namespace stateserver::fuzz
