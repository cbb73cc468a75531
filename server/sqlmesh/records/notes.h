// SPDX-License-Identifier: Apache-2.0
//
// What the codecs report about a record that is not an error.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace stateserver::state {

// UnknownFields are fields of one record that the models do not have.
struct UnknownFields {
  int64_t count = 0;
  std::string first;  // the path of one of them, such as "node.sql.kind.new_field"

  void Add(std::string path) {
    if (count++ == 0) first = std::move(path);
  }
  bool any() const { return count > 0; }
};

struct EncodeNotes {
  // Parts of an exported snapshot whose spelling is not proven to equal SQLMesh's. Such text is
  // exported as stored, which SQLMesh can read too.
  bool columns_unproven = false;       // a column type or name
  bool when_matched_unproven = false;  // kind.when_matched
  bool expressions_unproven = false;   // another SQL expression
  // Only of incoming records.
  UnknownFields unknown_fields;

  bool any() const { return columns_unproven || when_matched_unproven || expressions_unproven; }
};

}  // namespace stateserver::state
