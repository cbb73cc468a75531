// SPDX-License-Identifier: Apache-2.0

#include "server/operations/schema.h"

#include <thread>
#include <vector>

#include "tests/unit/server/operations/helpers.h"

namespace stateserver::operations {
namespace {

class SchemaTest : public OperationsTest {};

TEST_F(SchemaTest, IsCreatedOnceHoweverManyTry) {
  EXPECT_FALSE(*SchemaExists(*Acquire()));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_OK(EnsureSchema(*Acquire())); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(*SchemaExists(*Acquire()));
  EXPECT_EQ(Ask("SELECT count(*) FROM stateserver.meta"), "1");
}

TEST_F(SchemaTest, ReadsDoNotCreateIt) {
  auto session = Acquire();
  EXPECT_REASON(OPERATION_NOT_FOUND, GetOperation(*session, "sqlmesh", kId).status());
  auto page = ListOperations(*session, "sqlmesh", 0, "");
  ASSERT_OK(page.status());
  EXPECT_TRUE(page->operations.empty());
  RecordRefused(*pool_, Request(), Error(Reason::NOT_MIGRATED, "no"));
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'stateserver'"), "0");
}

TEST_F(SchemaTest, AMissingRightPrintsTheGrant) {
  auto session = Acquire();
  ASSERT_OK(session->Execute("DROP ROLE IF EXISTS weak_owner; CREATE ROLE weak_owner LOGIN"));
  session.reset();
  postgres::PoolOptions options;
  options.conninfo = Options().conninfo + " user=weak_owner";
  postgres::Pool weak(options);
  auto weak_session = weak.Acquire({});
  ASSERT_OK(weak_session.status());
  absl::Status status = EnsureSchema(**weak_session);
  EXPECT_REASON(PERMISSION_MISSING, status);
  EXPECT_NE(
      HintOf(status).find("GRANT CREATE ON DATABASE \"" + database_ + "\" TO \"weak_owner\";"),
      std::string::npos)
      << HintOf(status);
  // With that grant it works, and so it does in a schema made by somebody else.
  ASSERT_OK(Acquire()->Execute("GRANT CREATE ON DATABASE " + database_ + " TO weak_owner"));
  EXPECT_OK(EnsureSchema(**weak_session));
  ASSERT_OK(
      Acquire()->Execute("DROP SCHEMA stateserver CASCADE; CREATE SCHEMA stateserver;"
                         "REVOKE CREATE ON DATABASE " +
                         database_ +
                         " FROM weak_owner;"
                         "GRANT USAGE, CREATE ON SCHEMA stateserver TO weak_owner"));
  EXPECT_OK(EnsureSchema(**weak_session));
  weak_session->reset();
  ASSERT_OK(Acquire()->Execute("DROP OWNED BY weak_owner; DROP ROLE weak_owner"));
}

TEST_F(SchemaTest, ANewerOneIsRefused) {
  ASSERT_OK(EnsureSchema(*Acquire()));
  ASSERT_OK(Acquire()->Execute("UPDATE stateserver.meta SET version = 99"));
  absl::Status status = EnsureSchema(*Acquire());
  EXPECT_REASON(STATE_AHEAD, status);
  EXPECT_NE(MessageOf(status).find("99"), std::string::npos);
}

}  // namespace
}  // namespace stateserver::operations
