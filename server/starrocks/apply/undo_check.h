// SPDX-License-Identifier: Apache-2.0
//
// The check of the statements that undo a plan.
#pragma once

#include "common/work_meter.h"
#include "server/starrocks/apply/plan_check.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::apply {

// Applies the undo of each step, in the order of the plan's undo, to the schema after the plan;
// `up` is the check of the plan. A step whose undo is the first that the engine refuses becomes
// irreversible, with the engine's words. Adds a warning for each undo whose outcome is not known.
// Does nothing if the engine refuses the plan itself. `meter` may be null.
void CheckUndoSteps(const PlanCheck& up, const schema::Engine& engine, schema::Plan* plan,
                    WorkMeter* meter = nullptr);

}  // namespace stateserver::apply
