// SPDX-License-Identifier: Apache-2.0
//
// Output of a plan as text and as JSON.
#pragma once

#include <string>

#include "client/cli/output/console.h"
#include "client/schema/plan.h"
#include "stateserver/v1/schema.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// Return "column", "copy_swap", "mv", … and "table", "mv", …
std::string StepClassWord(pb::SchemaStepClass step_class);
std::string ObjectKindWord(pb::SchemaObjectKind kind);

// Returns true if a materialized view is inactive: it is not refreshed, although its definition may
// be as declared.
bool HasInactiveView(const SchemaPlan& plan);

// Returns the server's hint, with the flag that allows a rebuild if one would help.
std::string RefusalHint(const pb::SchemaRefusal& refusal);

// Prints steps by object, refusals, warnings, findings, and a line of counts. Unmanaged objects are
// only counted, or listed with `verbose`.
void PrintPlan(Console& console, const SchemaPlan& plan, bool verbose);

// Prints the differences, one per line, without statements.
void PrintDifferences(Console& console, const SchemaPlan& plan, bool verbose);

// Returns {"steps":[…],"refusals":[…],"warnings":[…],"unmanaged":[…],"findings":[…],"engine":{…}}.
std::string PlanToJson(const SchemaPlan& plan);

}  // namespace stateserver::client
