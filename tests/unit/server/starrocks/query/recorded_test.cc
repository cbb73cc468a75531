// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/recorded.h"

#include <gtest/gtest.h>

#include <string>

#include "server/starrocks/ddl/script.h"

namespace stateserver::schema::query {
namespace {

constexpr char kTwoTables[] =
    "CREATE TABLE a (id INT, k INT) DUPLICATE KEY(id);"
    "CREATE TABLE b (id INT, n INT) DUPLICATE KEY(id);";
constexpr char kWiderTables[] =
    "CREATE TABLE a (id INT, k INT, more INT) DUPLICATE KEY(id);"
    "CREATE TABLE b (id INT, n INT) DUPLICATE KEY(id);";

class Tables {
 public:
  explicit Tables(std::string_view script) : parsed_(ParseScript(script, "test", "db")) {
    for (const Object& object : parsed_.objects) columns_.Add(object);
  }
  std::string Digest(std::string_view query) { return DeclaredDigest(query, "db", &columns_); }
  bool Recorded(const RecordedQueries& recorded, std::string_view live, std::string_view declared) {
    return IsRecorded(recorded, live, declared, "db", &columns_);
  }

 private:
  ParsedScript parsed_;
  SchemaColumns columns_;
};

TEST(RecordedQueriesTest, OnlyWhatWasSeenTogetherIsEqual) {
  Tables tables(kTwoTables);
  const std::string star = "SELECT * FROM a JOIN b USING(id)";
  const std::string shown = "SELECT `db`.`a`.`id`, `db`.`a`.`k`, `db`.`b`.`n` FROM …";
  const std::string other = "SELECT k FROM a";
  RecordedQueries recorded = {{LiveDigest(shown), tables.Digest(star)},
                              {LiveDigest("SELECT `k`"), tables.Digest(other)}};
  EXPECT_TRUE(tables.Recorded(recorded, shown, star));
  EXPECT_TRUE(tables.Recorded(recorded, shown, "select *\nFROM a -- both\nJOIN b USING (id)"));
  EXPECT_FALSE(tables.Recorded(recorded, shown, other));
  EXPECT_FALSE(tables.Recorded(recorded, "SELECT `k`", star));
  EXPECT_FALSE(tables.Recorded(recorded, shown + " ", star));
  EXPECT_FALSE(tables.Recorded({}, shown, star));
}

TEST(RecordedQueriesTest, AQueryThatReadsOtherColumnsIsAnother) {
  Tables before(kTwoTables), after(kWiderTables);
  for (std::string_view query : {
           "SELECT * FROM a", "SELECT a.* FROM a JOIN b ON a.id = b.id",
           "SELECT * FROM a JOIN b USING(id)",                      // a star that stays
           "SELECT x.* FROM (SELECT * FROM a JOIN b USING(id)) x",  // inside another
           "WITH c AS (SELECT * FROM a) SELECT * FROM c",
           "SELECT * FROM a WHERE NO SUCH SYNTAX",  // cannot be parsed
           "SELECT more FROM a, b",                 // cannot be resolved before
       }) {
    EXPECT_NE(before.Digest(query), after.Digest(query)) << query;
  }
  for (std::string_view query : {
           "SELECT k FROM a",
           "SELECT * FROM b",
           "SELECT count(*) FROM a",
           "SELECT * FROM other.a",
           "SELECT b.* FROM a JOIN b USING(id)",
       }) {
    EXPECT_EQ(before.Digest(query), after.Digest(query)) << query;
  }
}

TEST(RecordedQueriesTest, ADigestNeedsNoColumns) {
  EXPECT_EQ(DeclaredDigest("SELECT * FROM t", "db", nullptr),
            DeclaredDigest("select * from t", "db", nullptr));
  EXPECT_NE(DeclaredDigest("SELECT 'a' FROM t", "db", nullptr),
            DeclaredDigest("SELECT 'A' FROM t", "db", nullptr));
}

}  // namespace
}  // namespace stateserver::schema::query
