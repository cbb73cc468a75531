// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/rollups.h"

#include <gtest/gtest.h>

namespace stateserver::schema {
namespace {

TEST(RollupsTest, TheEngineMakesUpTheDefinitionOfAPlainRollup) {
  EXPECT_TRUE(IsPlainRollup("r", ""));
  EXPECT_TRUE(IsPlainRollup("r", "create materialized view r as select a,id from t group by a,id"));
  EXPECT_TRUE(
      IsPlainRollup("r", "create materialized view r as select k,REPLACE(w) from t group by k"));
  EXPECT_TRUE(
      IsPlainRollup("r", "create materialized view r as select b,NONE(id) from t group by b"));
}

TEST(RollupsTest, SomebodyWroteTheDefinitionOfASynchronousView) {
  EXPECT_FALSE(
      IsPlainRollup("sm", "CREATE MATERIALIZED VIEW sm AS SELECT id, sum(a) FROM t GROUP BY id"));
  EXPECT_FALSE(
      IsPlainRollup("sm", "create materialized view sm as select id,sum(a) from t group by id"));
  EXPECT_FALSE(
      IsPlainRollup("sm", "create materialized view sm as select id, a from t group by id, a"));
  EXPECT_FALSE(IsPlainRollup("sm", "create materialized view sm as select id from t"));
  EXPECT_FALSE(IsPlainRollup("r", "create materialized view q as select a from t group by a"));
}

}  // namespace
}  // namespace stateserver::schema
