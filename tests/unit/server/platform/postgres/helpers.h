// SPDX-License-Identifier: Apache-2.0
//
// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "common/error.h"
#include "server/platform/postgres/pool.h"
#include "tests/support/postgres_cluster.h"

namespace stateserver::postgres {

#define ASSERT_OK(expression)                                      \
  do {                                                             \
    absl::Status _assert_status = (expression);                    \
    ASSERT_TRUE(_assert_status.ok()) << _assert_status.ToString(); \
  } while (false)
#define EXPECT_OK(expression)                                      \
  do {                                                             \
    absl::Status _expect_status = (expression);                    \
    EXPECT_TRUE(_expect_status.ok()) << _expect_status.ToString(); \
  } while (false)

#define EXPECT_REASON(expected, status)                                 \
  EXPECT_EQ(ReasonName(Reason::expected), ReasonName(ReasonOf(status))) \
      << ::stateserver::MessageOf(status)

// A database of its own for every test, and a pool to it.
class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = testing::PostgresCluster::Shared().CreateDatabase();
    pool_ = std::make_unique<Pool>(Options());
  }

  PoolOptions Options() const {
    PoolOptions options;
    options.conninfo = testing::PostgresCluster::Shared().Conninfo(database_);
    // The tests' own tables go without a schema; sessions of the server see no such ones.
    options.setup_sql = "SET search_path = public, pg_temp";
    return options;
  }

  // Ends the test if there is no session, with the reason.
  std::unique_ptr<Session> Acquire(const CallContext& context = {}) {
    auto session = pool_->Acquire(context);
    if (!session.ok()) throw std::runtime_error(session.status().ToString());
    return *std::move(session);
  }

  // The first field of a query on a session of its own.
  std::string Ask(const std::string& sql) {
    auto result = Acquire()->Query(sql);
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    return result.ok() && result->rows() > 0 ? std::string(result->Text(0, 0)) : "";
  }

  std::string database_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace stateserver::postgres
