// SPDX-License-Identifier: Apache-2.0

#include "client/schema/plan_view.h"

#include <gtest/gtest.h>

namespace stateserver::client {
namespace {

TEST(PlanViewTest, OnlyAnInactiveViewIsADifferenceAmongTheWarnings) {
  SchemaPlan plan;
  EXPECT_FALSE(HasInactiveView(plan));
  plan.warnings.emplace_back().set_attribute("distribution");
  EXPECT_FALSE(HasInactiveView(plan));
  plan.warnings.emplace_back().set_attribute("activity");
  EXPECT_TRUE(HasInactiveView(plan));
}

}  // namespace
}  // namespace stateserver::client
