// SPDX-License-Identifier: Apache-2.0
//
// The number of entries per page of a list.
#pragma once

#include "absl/status/statusor.h"

namespace stateserver {

// Returns the effective page size for a request: 100 for 0, and at most 1,000. Returns
// ARGUMENT_INVALID, with the field `page_size`, for a negative size.
absl::StatusOr<int> PageSize(int asked);

}  // namespace stateserver
