// SPDX-License-Identifier: Apache-2.0
//
// A plan for people and for programs.
#pragma once

#include <string>

#include "client/cli/output/console.h"
#include "stateserver/v1/schema.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// "column", "copy_swap", "mv", … and "table", "mv", …
std::string StepClassWord(pb::SchemaStepClass step_class);
std::string ObjectKindWord(pb::SchemaObjectKind kind);

// Steps by object, refusals, warnings, findings, and a line of counts; what is
// unmanaged by its number, one by one with `verbose`.
void PrintPlan(Console& console, const pb::DiffResponse& plan, bool verbose);

// The differences, a line each, without statements.
void PrintDifferences(Console& console, const pb::DiffResponse& plan, bool verbose);

// {"steps":[…],"refusals":[…],"warnings":[…],"unmanaged":[…],"findings":[…],"engine":{…}}
std::string PlanToJson(const pb::DiffResponse& plan);

}  // namespace stateserver::client
