// SPDX-License-Identifier: Apache-2.0
//
// What a statement does to a schema, or why the engine refuses it. Pure: no input or output, no
// clock.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/statement.h"
#include "server/starrocks/apply/verdict.h"
#include "server/starrocks/ddl/engine.h"

namespace stateserver::apply {

struct Applied {
  Verdict verdict;
  // kTaken: the schema after the statement. kRefused: as before. kUnknown: as before, except that
  // the named object is marked as not known, or as existing if the statement would create it.
  Catalog after;
};

// Applies a statement to a schema, as the release of `engine` does. Rules about what a cluster has,
// such as the number of back ends, are not judged for up to three replicas.
Applied Apply(const ParsedStatement& statement, Catalog before, const schema::Engine& engine);

// Judged is the verdict on one statement of a plan.
struct Judged {
  size_t number = 0;  // counts from 1
  Verdict verdict;
};

// Applies the statements one after the other, and returns the verdicts of those that are not taken.
// Ends with the first that is refused.
std::vector<Judged> JudgeAll(const std::vector<std::string>& statements, Catalog before,
                             const schema::Engine& engine);

// Returns the names in `database` that the statement refers to: objects, relations of its query,
// and parents of its foreign keys.
std::vector<std::string> NamesIn(const ParsedStatement& statement, const std::string& database);

}  // namespace stateserver::apply
