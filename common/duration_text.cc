// SPDX-License-Identifier: Apache-2.0

#include "common/duration_text.h"

namespace stateserver {

std::string SizeText(absl::Duration duration) {
  constexpr absl::Duration kUnit = absl::Milliseconds(1);
  absl::Duration size = absl::AbsDuration(duration);
  if (size < kUnit) return "less than 1ms";
  return absl::FormatDuration(absl::Trunc(size, kUnit));
}

}  // namespace stateserver
