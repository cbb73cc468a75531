// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL killed in the middle and started again.
#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

TEST(CrashTest, ThePoolRecoversWithTheServer) {
  testing::PostgresCluster cluster;
  PoolOptions options;
  options.conninfo = cluster.Conninfo();
  Pool pool(options);
  auto idle = pool.Acquire({});
  auto working = pool.Acquire({});
  ASSERT_OK(idle.status());
  ASSERT_OK(working.status());
  ASSERT_OK((*working)->Begin(Isolation::kReadCommitted));
  ASSERT_OK((*working)->Execute("CREATE TABLE public.t (a int)"));
  idle->reset();
  cluster.Crash();
  EXPECT_REASON(DATABASE_LOST, (*working)->Execute("INSERT INTO public.t VALUES (1)"));
  working->reset();
  absl::Status down = pool.Acquire({}).status();
  EXPECT_REASON(DATABASE_UNREACHABLE, down);
  cluster.Start();
  auto again = pool.Acquire({});
  ASSERT_OK(again.status());
  auto missing = (*again)->Query("SELECT to_regclass('public.t') IS NULL");
  ASSERT_OK(missing.status());
  EXPECT_TRUE(missing->Bool(0, 0));
}

}  // namespace
}  // namespace stateserver::postgres
