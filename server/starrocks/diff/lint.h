// SPDX-License-Identifier: Apache-2.0
//
// Rules about a plan and about the objects it makes or changes.
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

// In the order of the documentation, which a test compares.
const std::vector<LintRule>& LintRules();

struct LintFinding {
  std::string rule;
  ObjectName object;
  std::string message;  // one sentence without a full stop
};

// `declared` are the objects that `plan` leads to; the rules about declarations
// look at those that it makes or changes.
std::vector<LintFinding> Lint(const Plan& plan, const std::vector<Object>& declared);

}  // namespace stateserver::schema
