// SPDX-License-Identifier: Apache-2.0
//
// Files as people write them, and what is wrong with them.
#include "server/starrocks/ddl/script.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "common/text.h"
#include "server/starrocks/ddl/print.h"

namespace stateserver::schema {
namespace {

std::vector<std::string> Errors(std::string_view sql) {
  std::vector<std::string> texts;
  for (const ParseError& error : ParseScript(sql, "t.sql").errors) texts.push_back(error.Text());
  return texts;
}

std::string Error(std::string_view sql) {
  std::vector<std::string> errors = Errors(sql);
  EXPECT_EQ(errors.size(), 1u) << sql;
  return errors.empty() ? "" : errors[0];
}

TEST(ScriptTest, SeveralStatementsWithCommentsAndUse) {
  ParsedScript script = ParseScript(
      "-- tables\nUSE shop;\n# more\ncreate table a (id int /* key; */ not null comment 'x;y');;\n"
      "CREATE VIEW other.v AS SELECT ';' FROM a -- last\n;\nUSE `two words`; CREATE TABLE IF NOT "
      "EXISTS B (`select` INT)",
      "t.sql", "ignored");
  ASSERT_TRUE(script.errors.empty()) << script.errors[0].Text();
  ASSERT_EQ(script.objects.size(), 3u);
  EXPECT_EQ(script.objects[0].name.Text(), "shop.a");
  EXPECT_EQ(script.objects[0].place, (SourcePlace{"t.sql", 4, 1}));
  EXPECT_EQ(script.objects[1].name.Text(), "other.v");
  EXPECT_EQ(std::get<View>(script.objects[1].definition).query, "SELECT ';' FROM a");
  EXPECT_EQ(script.objects[2].name.Text(), "two words.B");
}

TEST(ScriptTest, AnErrorNamesThePlaceTheTokenAndWhatWasExpected) {
  EXPECT_EQ(
      Error("CREATE TABLE x (a INT)\n  DISTRIBUTD BY HASH(a)"),
      "t.sql:2:3: found `DISTRIBUTD`, expected one of ENGINE, the keys, COMMENT, PARTITION BY, "
      "DISTRIBUTED BY, ORDER BY, ROLLUP, PROPERTIES (in this order), or the end");
  EXPECT_EQ(Error("CREATE TABLE x (a INTT)"), "t.sql:1:19: found `INTT`, expected a type");
  EXPECT_EQ(Error("CREATE TABLE x (a INT"), "t.sql:1:22: found the end, expected `,` or `)`");
  EXPECT_EQ(Error("CREATE TABLE x (from INT)"),
            "t.sql:1:17: found `from`, expected a column's name; a reserved word needs backticks");
  EXPECT_EQ(
      Error("DROP TABLE x"),
      "t.sql:1:1: found `DROP`, expected CREATE TABLE, CREATE VIEW, CREATE MATERIALIZED VIEW or "
      "USE");
  EXPECT_EQ(Error("CREATE TABLE x (a INT) PROPERTIES (\"a\"=\"1\", \"a\"=\"2\")"),
            "t.sql:1:45: found `\"a\"`, expected each property once");
  EXPECT_EQ(Error("CREATE VIEW v AS DELETE FROM t"),
            "t.sql:1:18: found `DELETE`, expected a query");
  EXPECT_EQ(Error("CREATE VIEW v AS SELECT (1"),
            "t.sql:1:27: found the end, expected a closing bracket");
}

TEST(ScriptTest, OneBadStatementDoesNotHideTheNext) {
  ParsedScript script = ParseScript(
      "CREATE TABLE a (x INT; y INT);\nCREATE TABLE b (x INT);\nCREATE TABEL c (x INT);\n"
      "CREATE TABLE d (x INT) COMMENT 3",
      "t.sql");
  ASSERT_EQ(script.objects.size(), 1u);
  EXPECT_EQ(script.objects[0].name.name, "b");
  ASSERT_EQ(script.errors.size(), 4u);
  EXPECT_EQ(script.errors[0].place.line, 1);
  EXPECT_EQ(script.errors[1].Text().substr(0, 28), "t.sql:1:24: found `y`, expec");
  EXPECT_EQ(script.errors[2].place.line, 3);
  EXPECT_EQ(script.errors[3].place.line, 4);
}

TEST(ScriptTest, WhatHasNoEndIsNamedAtItsBeginning) {
  EXPECT_EQ(Error("CREATE TABLE a (x INT);\nCREATE TABLE b (x INT COMMENT \"no end)"),
            "t.sql:2:31: found `\"no end)`, expected a quote at the end of the text");
  EXPECT_EQ(Error("/* never"),
            "t.sql:1:1: found `/* never`, expected */ at the end of the comment");
  EXPECT_EQ(Error("CREATE TABLE `a (x INT)"),
            "t.sql:1:14: found ``a (x INT)`, expected a backtick at the end of the name");
}

TEST(ScriptTest, NamesMayBeginWithDigits) {
  ParsedScript script =
      ParseScript("CREATE TABLE 2024db.1t (1a INT, `2b` INT DEFAULT '1')", "t.sql");
  ASSERT_TRUE(script.errors.empty()) << script.errors[0].Text();
  EXPECT_EQ(script.objects[0].name.Text(), "2024db.1t");
  EXPECT_EQ(std::get<Table>(script.objects[0].definition).columns[0].name, "1a");
}

TEST(ScriptTest, ExpressionsReadBackTheSame) {
  for (const char* written : {"a.5", "a . 5", "5 .5b", "5 . b", "1.5b", "1..2", "a.1b", "1e5.x"}) {
    std::string sql = Cat("CREATE TABLE t (a INT, b INT AS (", written, "))");
    ParsedScript first = ParseScript(sql, "t.sql");
    ASSERT_TRUE(first.errors.empty()) << sql << ": " << first.errors[0].Text();
    ParsedScript second = ParseScript(Print(first.objects[0]), "t.sql");
    ASSERT_TRUE(second.errors.empty()) << sql << ": " << second.errors[0].Text();
    EXPECT_EQ(second.objects[0].definition, first.objects[0].definition) << sql;
  }
}

TEST(ScriptTest, SpellingsOfTypesAreOne) {
  auto type = [](std::string_view written) {
    ParsedScript script = ParseScript("CREATE TABLE t (c " + std::string(written) + ")", "t.sql");
    EXPECT_TRUE(script.errors.empty()) << written;
    return PrintType(*std::get<Table>(script.objects.at(0).definition).columns.at(0).type);
  };
  for (auto [written, printed] : std::initializer_list<std::pair<const char*, const char*>>{
           {"integer", "INT"},
           {"int(11)", "INT"},
           {"tinyint(1)", "TINYINT"},
           {"bool", "BOOLEAN"},
           {"string", "STRING"},
           {"varchar(65533)", "STRING"},
           {"varchar", "VARCHAR(1)"},
           {"char", "CHAR(1)"},
           {"decimal", "DECIMAL(10, 0)"},
           {"numeric(8)", "DECIMAL(8, 0)"},
           {"DECIMAL64(18,6)", "DECIMAL(18, 6)"},
           {"binary", "VARBINARY"},
           {"array<struct<select int(11), b map<string,decimal(9,2)>>>",
            "ARRAY<STRUCT<`select` INT, `b` MAP<STRING, DECIMAL(9, 2)>>>"}}) {
    EXPECT_EQ(type(written), printed);
  }
}

TEST(ScriptTest, HiddenColumnsOfPartitionsAreFolded) {
  ParsedScript script = ParseScript(
      "CREATE TABLE `t` (`ts` bigint(20) NOT NULL, `__generated_partition_column_0` "
      "varchar(1048576) "
      "NULL AS from_unixtime(`ts`, '%Y-%m')) PARTITION BY "
      "(`__generated_partition_column_0`,`shop`)",
      "t.sql");
  ASSERT_TRUE(script.errors.empty()) << script.errors[0].Text();
  const auto& table = std::get<Table>(script.objects[0].definition);
  EXPECT_EQ(table.columns.size(), 1u);
  EXPECT_EQ(PrintPartitioning(*table.partitioning), "from_unixtime(ts, '%Y-%m'), shop");
}

TEST(ScriptTest, AnUnknownTypeIsNamed) {
  ParsedScript script = ParseScript("CREATE TABLE t (k VARCHR(20))", "a.sql");
  ASSERT_EQ(script.errors.size(), 1U);
  EXPECT_EQ(script.errors[0].Text(), "a.sql:1:19: found `VARCHR`, expected a type");
}

std::string Printed(std::string_view sql) {
  ParsedScript script = ParseScript(sql, "t.sql");
  EXPECT_TRUE(script.errors.empty()) << script.errors.at(0).Text();
  return script.objects.empty() ? "" : Print(script.objects[0]);
}

// A table with the column and the clauses, on one line.
std::string PrintedTable(const std::string& column, const std::string& clauses = "") {
  std::string text = Printed(Cat("CREATE TABLE t (", column, ") ", clauses));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(std::string_view("CREATE TABLE `t` (   ").size());
}

TEST(ScriptTest, ReservedWordsAndDigitsKeepTheirBackticks) {
  EXPECT_EQ(PrintedTable("`range` DATETIME, g INT AS (`rows` + `7d` + `a b` + `plain`)",
                         "PARTITION BY date_trunc('day', `range`)"),
            "`range` DATETIME,   `g` INT AS (`rows` + `7d` + `a b` + plain) ) "
            "PARTITION BY date_trunc('day', `range`)");
  EXPECT_EQ(PrintedTable("`schema` DATE, `order` INT", "PARTITION BY (`schema`, `order`)"),
            "`schema` DATE,   `order` INT ) PARTITION BY (`schema`, `order`)");
}

TEST(ScriptTest, TypesAndDefaultsOfAllReleases) {
  auto column = [](const std::string& text) {
    std::string printed = PrintedTable("c " + text);
    return printed.substr(0, printed.size() - 2);
  };
  EXPECT_EQ(column("DECIMAL256(60, 4)"), "`c` DECIMAL(60, 4)");
  EXPECT_EQ(column("VARIANT"), "`c` VARIANT");
  EXPECT_EQ(column("SIGNED INTEGER"), "`c` INT");
  EXPECT_EQ(column("SIGNED NOT NULL"), "`c` INT NOT NULL");
  EXPECT_EQ(column("VARCHAR(10) CHARACTER SET utf8 NULL"), "`c` VARCHAR(10) NULL");
  EXPECT_EQ(column("VARCHAR(10) CHARSET utf8"), "`c` VARCHAR(10)");
  EXPECT_EQ(column("INT DEFAULT 0"), "`c` INT DEFAULT \"0\"");
  EXPECT_EQ(column("DOUBLE DEFAULT -1.5 COMMENT 'x'"), "`c` DOUBLE DEFAULT \"-1.5\" COMMENT \"x\"");
  EXPECT_EQ(column("BOOLEAN DEFAULT TRUE"), "`c` BOOLEAN DEFAULT \"true\"");
  EXPECT_EQ(column("ARRAY<INT> DEFAULT [1, 2] COMMENT 'x'"),
            "`c` ARRAY<INT> DEFAULT [1, 2] COMMENT \"x\"");
  EXPECT_EQ(column("VARBINARY AS x'00'"), "`c` VARBINARY AS x'00'");
  EXPECT_NE(Error("CREATE TABLE t (c INT DEFAULT COMMENT 'x')").find("expected a text"),
            std::string::npos);
}

TEST(ScriptTest, ClausesOfAllReleases) {
  auto clauses = [](const std::string& text) {
    return PrintedTable("k DATE, c INT", text)
        .substr(std::string_view("`k` DATE,   `c` INT )").size());
  };
  EXPECT_EQ(clauses("ENGINE=OLAP DEFAULT CHARSET=utf8 DUPLICATE KEY(k)"), " DUPLICATE KEY(`k`)");
  EXPECT_EQ(clauses("PARTITION BY LIST(c)"), " PARTITION BY c");
  EXPECT_EQ(clauses("PARTITION BY LIST(c) ()"), " PARTITION BY LIST(c) ()");
  EXPECT_EQ(clauses("PARTITION BY RANGE(c + 1) ()"), " PARTITION BY RANGE(c + 1) ()");
  EXPECT_EQ(clauses("PARTITION BY RANGE from_unixtime(c) ()"),
            " PARTITION BY RANGE(from_unixtime(c)) ()");
  EXPECT_EQ(clauses("ORDER BY (k ASC, c)"), " ORDER BY(`k`, `c`)");
  EXPECT_EQ(Printed("CREATE MATERIALIZED VIEW m (a, INDEX i (a) USING BITMAP) REFRESH MANUAL AS "
                    "SELECT a FROM t"),
            "CREATE MATERIALIZED VIEW `m` (\n  `a`,\n  INDEX `i` (`a`) USING BITMAP\n)\n"
            "REFRESH MANUAL\nAS SELECT a FROM t");
  EXPECT_EQ(Printed("CREATE MATERIALIZED VIEW m REFRESH DEFERRED auto AS SELECT 1"),
            "CREATE MATERIALIZED VIEW `m`\nREFRESH DEFERRED AUTO\nAS SELECT 1");
}

TEST(ScriptTest, NamesWithACatalog) {
  ParsedScript script = ParseScript(
      "CREATE TABLE default_catalog.shop.t (k INT); USE DEFAULT_CATALOG.other; CREATE TABLE u (k "
      "INT)",
      "t.sql");
  ASSERT_TRUE(script.errors.empty()) << script.errors[0].Text();
  EXPECT_EQ(script.objects.at(0).name.Text(), "shop.t");
  EXPECT_EQ(script.objects.at(1).name.Text(), "other.u");
  EXPECT_EQ(Error("CREATE TABLE hive.shop.t (k INT)"),
            "t.sql:1:14: found `hive`, expected an object of default_catalog");
}

TEST(ScriptTest, TheEngineGetsNoCommentsThatItDoesNotKnow) {
  ParsedScript script = ParseScript(
      "CREATE VIEW v AS SELECT a, # 'first'\n '#', -- # kept\n/* # */\xE3\x80\x80"
      "b FROM t",
      "t.sql");
  ASSERT_TRUE(script.errors.empty()) << script.errors[0].Text();
  EXPECT_EQ(std::get<View>(script.objects.at(0).definition).query,
            "SELECT a, -- 'first'\n '#', -- # kept\n/* # */ b FROM t");
}

}  // namespace
}  // namespace stateserver::schema
