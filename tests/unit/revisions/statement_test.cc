// SPDX-License-Identifier: Apache-2.0

#include "revisions/statement.h"

#include <gtest/gtest.h>

namespace stateserver::revisions {
namespace {

using Kind = StatementFacts::Kind;

struct Case {
  const char* sql;
  Kind kind;
  const char* object;
  const char* step_class;
  bool job;
};

TEST(StatementTest, TellsThemApart) {
  const Case kCases[] = {
      {"ALTER TABLE `a b` ADD COLUMN x INT", Kind::kAlterTable, "a b", "column", true},
      {"alter table d.t DISTRIBUTED BY HASH(a)", Kind::kAlterTable, "t", "column", true},
      {"ALTER TABLE t RENAME u", Kind::kAlterTable, "t", "metadata", false},
      {"ALTER TABLE t RENAME COLUMN a TO b", Kind::kAlterTable, "t", "metadata", false},
      {"ALTER TABLE t COMMENT = 'x'", Kind::kAlterTable, "t", "metadata", false},
      {"ALTER TABLE t SWAP WITH u", Kind::kAlterTable, "t", "metadata", false},
      {"ALTER TABLE t ADD PARTITION p VALUES LESS THAN (\"1\")", Kind::kAlterTable, "t", "metadata",
       false},
      {"CREATE TABLE IF NOT EXISTS d.t (a INT)", Kind::kCreate, "t", "create", false},
      {"CREATE OR REPLACE VIEW v AS SELECT 1", Kind::kCreate, "v", "create", false},
      {"CREATE MATERIALIZED VIEW m AS SELECT a FROM t", Kind::kCreate, "m", "create", true},
      {"CREATE INDEX i ON t (a)", Kind::kAlterTable, "t", "column", true},
      {"DROP TABLE IF EXISTS t FORCE", Kind::kDrop, "t", "drop", false},
      {"DROP MATERIALIZED VIEW m", Kind::kDrop, "m", "drop", false},
      {"ALTER VIEW v AS SELECT 1", Kind::kDdl, "v", "view", false},
      {"ALTER MATERIALIZED VIEW m ACTIVE", Kind::kRepeatable, "m", "mv", false},
      {"ALTER MATERIALIZED VIEW m REFRESH ASYNC", Kind::kDdl, "m", "mv", false},
      {"REFRESH MATERIALIZED VIEW m", Kind::kRepeatable, "m", "mv", false},
      {"/* x */ INSERT INTO t SELECT 1", Kind::kInsert, "t", "dml", false},
      {"-- why\nUPDATE t SET a = 1", Kind::kDml, "t", "dml", false},
      {"DELETE FROM t WHERE a = 1", Kind::kDml, "t", "dml", false},
      {"SELECT 1", Kind::kRepeatable, "", "dml", false},
      {"TRUNCATE TABLE t", Kind::kRepeatable, "t", "dml", false},
      {"GRANT SELECT ON t TO u", Kind::kDdl, "", "metadata", false},
  };
  for (const Case& one : kCases) {
    StatementFacts facts = Describe(one.sql);
    EXPECT_EQ(facts.kind, one.kind) << one.sql;
    EXPECT_EQ(facts.object, one.object) << one.sql;
    SqlStep step{{}, one.sql, 1};
    EXPECT_EQ(ClassOf(step), one.step_class) << one.sql;
    EXPECT_EQ(MayStartJob(step), one.job) << one.sql;
  }
}

TEST(StatementTest, QuotesAndNamesAsTheEngineReadsThem) {
  // The quote in the text does not end it.
  EXPECT_EQ(Describe("INSERT INTO t WITH LABEL `a``b` VALUES (1)").label, "ab");
  EXPECT_EQ(Describe("CREATE INDEX i COMMENT \"a\\\" ON x\" ON t (a)").object, "t");
  StatementFacts facts = Describe("DROP TABLE 2024db.1t");
  EXPECT_EQ(facts.database, "2024db");
  EXPECT_EQ(facts.object, "1t");
}

TEST(StatementTest, ScansPieces) {
  absl::StatusOr<std::vector<SqlPiece>> pieces = ScanSql(
      "\n-- one; \r\n;;SELECT ';' /* ; */ -- ;\n + \";\\\";\" ; /* two */ DROP TABLE `;`\n"
      "-- +x\n# it is no comment\n-- in it\n");
  ASSERT_TRUE(pieces.ok()) << pieces.status();
  ASSERT_EQ(pieces->size(), 5u);
  auto expect = [&](size_t i, bool comment, std::string_view text, int line) {
    EXPECT_EQ((*pieces)[i].comment, comment) << i;
    EXPECT_EQ((*pieces)[i].text, text) << i;
    EXPECT_EQ((*pieces)[i].line, line) << i;
  };
  expect(0, true, "one;", 2);
  expect(1, false, "SELECT ';' /* ; */ -- ;\n + \";\\\";\"", 3);
  expect(2, false, "/* two */ DROP TABLE `;`", 4);
  expect(3, true, "+x", 5);
  expect(4, false, "# it is no comment\n-- in it", 6);
}

TEST(StatementTest, NamesTheLineWhereAnUnterminatedTextBegins) {
  EXPECT_EQ(ScanSql("SELECT\n'a\n''b").status().message(),
            "the text that begins in line 2 has no end");
  EXPECT_EQ(ScanSql("SELECT\n`a\n``b").status().message(),
            "the name that begins in line 2 has no end");
}

TEST(StatementTest, Renames) {
  EXPECT_EQ(Describe("ALTER TABLE t RENAME `u`").renamed, "u");
  EXPECT_EQ(Describe("ALTER TABLE t RENAME COLUMN a TO b").renamed, "");
  EXPECT_EQ(Describe("ALTER TABLE t SWAP WITH `u`").swapped, "u");
}

TEST(StatementTest, Labels) {
  EXPECT_EQ(WithLabel("INSERT INTO `d`.`t` (a) SELECT a FROM u", "x"),
            "INSERT INTO `d`.`t` WITH LABEL `x` (a) SELECT a FROM u");
  EXPECT_EQ(WithLabel("INSERT INTO t WITH LABEL y SELECT 1", "x"),
            "INSERT INTO t WITH LABEL y SELECT 1");
  EXPECT_EQ(Describe("INSERT INTO t WITH LABEL y SELECT 1").label, "y");
  EXPECT_EQ(WithLabel("INSERT INTO t PARTITION (p) SELECT 1", "x"),
            "INSERT INTO t PARTITION (p) SELECT 1");
  EXPECT_EQ(WithLabel("DELETE FROM t", "x"), "DELETE FROM t");
}

}  // namespace
}  // namespace stateserver::revisions
