// SPDX-License-Identifier: Apache-2.0
//
// Text of a record that is stored in a column of its own. Inside of stored JSON a NUL character is
// an escape sequence; a column of PostgreSQL cannot contain it.
#pragma once

#include <initializer_list>
#include <string_view>

#include "absl/status/status.h"
#include "common/error.h"

namespace stateserver::state {

struct ColumnText {
  std::string_view field;
  std::string_view text;
};

// Returns RECORD_INVALID if one of the texts contains a NUL character: "PLACE: FIELD contains …",
// with `facts` and the fact `field`.
absl::Status CheckColumnTexts(std::string_view place, std::initializer_list<ColumnText> texts,
                              Facts facts);

}  // namespace stateserver::state
