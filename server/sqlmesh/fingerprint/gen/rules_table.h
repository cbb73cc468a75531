// SPDX-License-Identifier: Apache-2.0
//
// What sqlglot makes of function calls, casts and bare words, as data. The table
// is made by running it (tests/compat/expressions_proof.py).
#pragma once

namespace stateserver::fingerprint {

struct DialectCalls {
  const char* dialect;
  // "KEY=TEMPLATE|KEY|...", $1 and on in a TEMPLATE for the arguments. Keys:
  //   NAME/2        a call with two arguments; without a template NAME($1,$2)
  //   NAME/2/0DAY   the same with the bare word DAY as argument 0; $1 is the other one
  //   NAME/2/0'DAY' the same with a string
  //   CAST TYPE, TRY_CAST TYPE, :: TYPE, with # for each number of the type and
  //                 #1, #2 for them in the template
  // The first dialect is "", whose rules hold in all others but for those that
  // the others give anew. A template ! takes one back.
  const char* rules;
};

extern const DialectCalls kDialectCalls[];
extern const int kDialectCallsCount;

// Words that are not simply the name of a column in some dialect: "ALL|AND|...".
extern const char kReservedWords[];
// Names that some dialect knows as a function: "ABS|ACOS|...".
extern const char kKnownFunctions[];

}  // namespace stateserver::fingerprint
