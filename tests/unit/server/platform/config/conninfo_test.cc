// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/conninfo.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StateConnection Minimal() {
  StateConnection connection;
  connection.host = "db";
  connection.user = "sqlmesh";
  connection.database = "state";
  return connection;
}

TEST(Conninfo, HasTheDefaults) {
  EXPECT_EQ(Conninfo(Minimal()),
            "host='db' port='5432' user='sqlmesh' dbname='state' application_name='stateserver' "
            "connect_timeout='10'");
}

TEST(Conninfo, EscapesQuotesAndBackslashes) {
  StateConnection connection = Minimal();
  connection.password.value = R"(it's \ a 'pass word')";
  EXPECT_THAT(Conninfo(connection), HasSubstr(R"(password='it\'s \\ a \'pass word\'')"));
}

TEST(Conninfo, HasWhatWasGiven) {
  StateConnection connection = Minimal();
  connection.host = "h1,h2";
  connection.port = "1,2";
  connection.sslmode = "verify-full";
  connection.sslrootcert = "/ca.crt";
  connection.target_session_attrs = "read-write";
  connection.application_name = "mine";
  connection.keepalives_idle_seconds = 30;
  EXPECT_EQ(Conninfo(connection),
            "host='h1,h2' port='1,2' user='sqlmesh' dbname='state' application_name='mine' "
            "connect_timeout='10' keepalives_idle='30' sslmode='verify-full' "
            "sslrootcert='/ca.crt' target_session_attrs='read-write'");
}

TEST(Conninfo, LeavesAnEmptyPasswordToPgpass) {
  EXPECT_THAT(Conninfo(Minimal()), Not(HasSubstr("password")));
}

TEST(SetupSql, AssumesTheRole) {
  StateConnection connection = Minimal();
  EXPECT_EQ(SetupSql(connection), "");
  connection.role = "state_writer";
  EXPECT_EQ(SetupSql(connection), "SET ROLE state_writer");
}

TEST(IsRoleName, LetsNothingElseThrough) {
  for (const char* name : {"a", "state_writer", "R2$", "\"Odd name\""}) {
    EXPECT_TRUE(IsRoleName(name)) << name;
  }
  for (const char* name : {"", "a b", "1a", "a;b", "\"", "\"\"", "\"a\"b\"", "a\"", "none--"}) {
    EXPECT_FALSE(IsRoleName(name)) << name;
  }
}

}  // namespace
}  // namespace stateserver::config
