// SPDX-License-Identifier: Apache-2.0

#include "common/page_size.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"

namespace stateserver {

absl::StatusOr<int> PageSize(int asked) {
  constexpr int kDefault = 100, kMost = 1000;
  if (asked < 0) {
    return Error(Reason::ARGUMENT_INVALID, Cat("Page size ", asked, " is negative"),
                 "Give 1 to 1000, or 0 for 100.", {{"field", "page_size"}});
  }
  return asked == 0 ? kDefault : std::min(asked, kMost);
}

}  // namespace stateserver
