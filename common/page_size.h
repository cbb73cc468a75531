// SPDX-License-Identifier: Apache-2.0
//
// How many entries a page of a list has.
#pragma once

#include "absl/status/statusor.h"

namespace stateserver {

// What a request asks for: 0 is 100, more than 1,000 is 1,000. ARGUMENT_INVALID,
// with the field `page_size`, for a negative one.
absl::StatusOr<int> PageSize(int asked);

}  // namespace stateserver
