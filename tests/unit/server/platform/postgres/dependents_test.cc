// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/dependents.h"

#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

class DependentsTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    ASSERT_OK(
        Acquire()->Execute("CREATE SCHEMA s; CREATE TABLE s.a (x integer PRIMARY KEY, y text);"
                           "CREATE TABLE s.b (x integer)"));
  }
};

TEST_F(DependentsTest, NobodyUsesThem) {
  auto session = Acquire();
  EXPECT_TRUE(Dependents(*session, "s", {{"a", {}}, {"b", {}}, {"gone", {}}})->empty());
  EXPECT_OK(RefuseDependents(*session, "s", std::vector<std::string>{"a", "b"}, "no"));
}

TEST_F(DependentsTest, ViewsAndForeignKeysAreNamed) {
  ASSERT_OK(Acquire()->Execute(
      "CREATE VIEW s.v AS SELECT y FROM s.a; CREATE MATERIALIZED VIEW s.m AS SELECT x FROM s.a;"
      "CREATE TABLE s.f (x integer CONSTRAINT to_a REFERENCES s.a)"));
  auto session = Acquire();
  EXPECT_EQ(*Dependents(*session, "s", {{"a", {}}}),
            (std::vector<std::string>{"foreign key to_a of s.f uses a",
                                      "materialized view s.m uses a", "view s.v uses a"}));
  EXPECT_EQ(*Dependents(*session, "s", {{"a", {"y"}}}),
            (std::vector<std::string>{"view s.v uses a"}));
  absl::Status status =
      RefuseDependents(*session, "s", std::vector<std::string>{"a"}, "it would drop a table");
  EXPECT_REASON(DEPENDENT_OBJECTS, status);
  EXPECT_NE(MessageOf(status).find("it would drop a table, but"), std::string::npos);
  EXPECT_NE(MessageOf(status).find("view s.v"), std::string::npos);
}

}  // namespace
}  // namespace stateserver::postgres
