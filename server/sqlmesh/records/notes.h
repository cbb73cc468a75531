// SPDX-License-Identifier: Apache-2.0
//
// Parts of an exported snapshot whose spelling is not proven to equal SQLMesh's. Such text is
// exported as stored, which SQLMesh can read too.
#pragma once

namespace stateserver::state {

struct EncodeNotes {
  bool columns_unproven = false;       // a column type or name
  bool when_matched_unproven = false;  // kind.when_matched
  bool expressions_unproven = false;   // another SQL expression

  bool any() const { return columns_unproven || when_matched_unproven || expressions_unproven; }
};

}  // namespace stateserver::state
