// SPDX-License-Identifier: Apache-2.0
//
// What of one exported snapshot is not proven to be spelled as SQLMesh spells
// it. The text then goes out as it is stored, which SQLMesh reads as well.
#pragma once

namespace stateserver::state {

struct EncodeNotes {
  bool columns_unproven = false;       // a column type or name
  bool when_matched_unproven = false;  // kind.when_matched
  bool expressions_unproven = false;   // another SQL expression

  bool any() const { return columns_unproven || when_matched_unproven || expressions_unproven; }
};

}  // namespace stateserver::state
