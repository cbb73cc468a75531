// SPDX-License-Identifier: Apache-2.0
//
// How each dialect respells column types and names, as data. The table is made
// by running SQLMesh (tests/compat/column_types_proof.py).
#pragma once

namespace stateserver::state {

struct DialectTypes {
  const char* dialect;
  // What becomes of a column name: l lower case, u upper case, n unchanged,
  // x not proven. `safe_case` is for plain identifiers, `other_case` for names
  // that also hold spaces, '-' or '.'.
  char safe_case;
  char other_case;
  const char* quote;  // opening identifier quote
  // "KEY=PATTERN|KEY|...": KEY in upper case with # for each number and * for
  // a part's type, x for the name of a structure's field; PATTERN with $1, $2, x
  // and *. Without a pattern the spelling is KEY itself, with ", " between the
  // numbers. A PATTERN that begins with ! is an exception to a rule with *, good
  // for a whole type only, and !? one that is not proven.
  const char* rules;
};

extern const DialectTypes kDialectTypes[];
extern const int kDialectTypesCount;

// Words that some dialect does not take for the name of a field: "all|any|...".
extern const char kReservedFieldNames[];

}  // namespace stateserver::state
