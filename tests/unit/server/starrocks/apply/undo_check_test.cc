// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/undo_check.h"

#include <gtest/gtest.h>

#include "server/starrocks/ddl/script.h"

namespace stateserver::apply {
namespace {

constexpr char kUndoneTable[] =
    "CREATE TABLE t (a INT NOT NULL, b INT) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 2;";

schema::LiveSchema LiveTable() {
  schema::LiveSchema live;
  live.database = "db";
  live.engine.version = {4, 0, 2};
  for (schema::Object& one : schema::ParseScript(kUndoneTable, "test", "db").objects) {
    live.objects.push_back({one, std::nullopt, ""});
  }
  return live;
}

// A plan whose step `i` is undone by `undos[i]`.
schema::Plan PlanWith(const std::vector<std::pair<std::string, std::string>>& steps) {
  schema::Plan plan;
  for (const auto& [statement, undo] : steps) {
    schema::Step step;
    step.object = {"db", "t"};
    step.statement = statement;
    step.undo.statements = {undo};
    plan.steps.push_back(std::move(step));
  }
  for (size_t i = plan.steps.size(); i > 0; --i) plan.undo_order.push_back(i - 1);
  return plan;
}

void Check(schema::Plan* plan) {
  schema::LiveSchema live = LiveTable();
  PlanCheck up = CheckSteps(live, /*printed=*/true, plan);
  CheckUndoSteps(up, live.engine, plan);
}

TEST(UndoCheckTest, AnUndoThatIsTakenStays) {
  schema::Plan plan = PlanWith({{"ALTER TABLE t ADD COLUMN c INT", "ALTER TABLE t DROP COLUMN c"},
                                {"ALTER TABLE t ADD COLUMN d INT", "ALTER TABLE t DROP COLUMN d"}});
  Check(&plan);
  for (const schema::Step& step : plan.steps) {
    EXPECT_EQ(step.undo.reversibility, schema::Reversibility::kLossless);
    EXPECT_EQ(step.undo.statements.size(), 1u);
  }
  EXPECT_TRUE(plan.warnings.empty());
}

TEST(UndoCheckTest, AnUndoThatIsRefusedMakesItsStepIrreversible) {
  schema::Plan plan =
      PlanWith({{"ALTER TABLE t ADD COLUMN c INT", "ALTER TABLE t DROP COLUMN nothing"},
                {"ALTER TABLE t ADD COLUMN d INT", "ALTER TABLE t DROP COLUMN d"}});
  Check(&plan);
  EXPECT_EQ(plan.steps[0].undo.reversibility, schema::Reversibility::kImpossible);
  EXPECT_NE(plan.steps[0].undo.why.find("StarRocks refuses statement 2, `ALTER TABLE t DROP COLUMN "
                                        "nothing`: "),
            std::string::npos)
      << plan.steps[0].undo.why;
  EXPECT_TRUE(plan.steps[0].undo.statements.empty());
  EXPECT_EQ(plan.steps[1].undo.reversibility, schema::Reversibility::kLossless);
  EXPECT_TRUE(plan.refusals.empty()) << "the plan itself is taken";
}

TEST(UndoCheckTest, AnUndoThatIsNotKnownIsAWarning) {
  schema::Plan plan = PlanWith({{"ALTER TABLE t ADD COLUMN c INT", "ALTER TABLE t FROBNICATE c"}});
  Check(&plan);
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_NE(plan.warnings[0].message.find("takes the undo of statement 1"), std::string::npos);
  EXPECT_EQ(plan.steps[0].undo.reversibility, schema::Reversibility::kLossless);
}

TEST(UndoCheckTest, ARefusedPlanIsNotUndone) {
  schema::Plan plan =
      PlanWith({{"ALTER TABLE t DROP COLUMN nothing", "ALTER TABLE t DROP COLUMN nothing"}});
  Check(&plan);
  EXPECT_EQ(plan.refusals.size(), 1u);
  EXPECT_EQ(plan.steps[0].undo.reversibility, schema::Reversibility::kLossless);
}

}  // namespace
}  // namespace stateserver::apply
