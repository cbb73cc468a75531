// SPDX-License-Identifier: Apache-2.0
//
// Lint rules for a plan and for the objects it creates or changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

struct LintRule {
  std::string_view name;  // "destructive"
  std::string_view about;
};

// Returns the rules in the order of the documentation; a test compares the two.
const std::vector<LintRule>& LintRules();

struct LintFinding {
  std::string rule;
  ObjectName object;
  std::string message;  // one sentence without a full stop
};

// Applies the rules. `declared` are the objects after the plan; rules about declarations check
// those that the plan creates or changes.
std::vector<LintFinding> Lint(const Plan& plan, const std::vector<Object>& declared);

}  // namespace stateserver::schema
