// SPDX-License-Identifier: Apache-2.0
//
// The check of a whole plan before any of its statements is sent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/work_meter.h"
#include "server/starrocks/apply/apply.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::apply {

// Returns true if the statement deletes rows, columns or tables.
bool DestroysData(const ParsedStatement& statement);

// PlanCheck is the result for a list of statements.
struct PlanCheck {
  std::optional<Judged> refused;  // the first that the engine refuses
  std::vector<Judged> unknown;
  // A destructive statement and the first unknown one after it, both counted from 1.
  std::optional<std::pair<size_t, size_t>> destructive_before_unknown;
  Catalog after;
};

// Statements of a plan. `destructive` is what the plan says, besides what the text shows.
struct PlannedStatement {
  std::string text;
  bool destructive = false;
};

// Applies the statements one after the other, up to the first that is refused, or until `meter`,
// which may be null, ends the work.
PlanCheck CheckStatements(const std::vector<PlannedStatement>& statements, Catalog before,
                          const schema::Engine& engine, WorkMeter* meter = nullptr);

// Checks the steps of a plan for `from`. `printed` is as for MakePlan. Adds a warning for each step
// whose outcome is not known, and a refusal for the first that the engine refuses.
PlanCheck CheckSteps(const schema::LiveSchema& from, bool printed, schema::Plan* plan,
                     WorkMeter* meter = nullptr);

// Returns "StarRocks refuses statement 2, `ALTER …`: WORDS (measured 4.0.2)".
std::string RefusalText(const Judged& refused, const std::string& statement);

}  // namespace stateserver::apply
