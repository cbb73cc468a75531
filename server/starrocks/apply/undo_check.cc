// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/undo_check.h"

#include <vector>

#include "common/text.h"

namespace stateserver::apply {

void CheckUndoSteps(const PlanCheck& up, const schema::Engine& engine, schema::Plan* plan,
                    WorkMeter* meter) {
  if (up.refused) return;
  std::vector<PlannedStatement> statements;
  std::vector<size_t> steps;  // of each statement
  for (size_t i : plan->undo_order) {
    for (const std::string& statement : plan->steps[i].undo.statements) {
      statements.push_back({statement, /*destructive=*/false});
      steps.push_back(i);
    }
  }
  PlanCheck back = CheckStatements(statements, up.after, engine, meter);
  for (const Judged& one : back.unknown) {
    size_t step = steps[one.number - 1];
    plan->warnings.push_back({plan->steps[step].object, "",
                              Cat("it is not known whether StarRocks takes the undo of statement ",
                                  step + 1, ": ", one.verdict.words)});
  }
  if (!back.refused) return;
  size_t at = back.refused->number - 1;
  schema::Undo& undo = plan->steps[steps[at]].undo;
  undo.reversibility = schema::Reversibility::kImpossible;
  undo.why = RefusalText(*back.refused, statements[at].text);
  undo.statements.clear();
}

}  // namespace stateserver::apply
