// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with declarations, with its place and the way out.
#include "server/starrocks/diff/declared.h"

#include <gtest/gtest.h>

#include "common/error.h"

namespace stateserver::schema {
namespace {

std::string DeclaredText(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& one : problems) {
    text += one.place.source + ":" + std::to_string(one.place.line) + ": " + one.message + " | " +
            one.hint + "\n";
  }
  return text;
}

std::string Problems(const std::vector<SourceFile>& files, const std::string& database = "harbor") {
  return DeclaredText(ReadDeclared(files, database, nullptr)->problems);
}

TEST(DeclaredTest, FilesThatFitTogether) {
  Declared declared = *ReadDeclared({{"a.sql", "CREATE TABLE t (k INT);"},
                                     {"b.sql", "USE harbor; CREATE VIEW v AS SELECT 1 AS x"}},
                                    "harbor", nullptr);
  EXPECT_EQ(DeclaredText(declared.problems), "");
  ASSERT_EQ(declared.objects.size(), 2U);
  EXPECT_EQ(declared.objects[0].name.Text(), "harbor.t");
  EXPECT_TRUE(ToStatus(declared.problems).ok());
}

TEST(DeclaredTest, OneObjectTwice) {
  EXPECT_EQ(Problems({{"a.sql", "CREATE TABLE t (k INT);"},
                      {"b.sql", "\nCREATE VIEW t AS SELECT 1 AS x"}}),
            "b.sql:2: harbor.t is declared twice; first at a.sql:1:1 | Remove one of them.\n");
}

TEST(DeclaredTest, AnotherDatabase) {
  EXPECT_EQ(
      Problems({{"a.sql", "CREATE TABLE pier.t (k INT);"}}),
      "a.sql:1: pier.t belongs to another database than harbor | Compare one database at a time: "
      "name the other one, or leave it out.\n");
  EXPECT_EQ(Problems({{"a.sql", "CREATE TABLE pier.t (k INT);"}}, ""), "");
}

std::string Warnings(const std::string& sql) {
  Declared declared = *ReadDeclared({{"a.sql", sql}}, "harbor", nullptr);
  EXPECT_EQ(DeclaredText(declared.problems), "");
  std::string text;
  for (const DeclaredWarning& one : declared.warnings) {
    text += one.object.Text() + " " + one.attribute + ": " + one.message + "\n";
  }
  return text;
}

TEST(DeclaredTest, UnknownNamesAreWarningsWithTheNearestKnownName) {
  auto with = [](const std::string& property) {
    return Warnings("CREATE TABLE t (k INT) PROPERTIES (\"" + property + "\" = \"1\")");
  };
  EXPECT_EQ(with("replication_num"), "");
  EXPECT_EQ(with("dynamic_partition.enable"), "");
  EXPECT_EQ(with("REPLICATION_NUM"),
            "harbor.t property REPLICATION_NUM: no known release of StarRocks has the property "
            "'REPLICATION_NUM'; the nearest is 'replication_num'\n");
  EXPECT_EQ(with("compresion"),
            "harbor.t property compresion: no known release of StarRocks has the property "
            "'compresion'; the nearest is 'compression'\n");
  EXPECT_EQ(with("colour"),
            "harbor.t property colour: no known release of StarRocks has the property 'colour'\n");
  EXPECT_EQ(Warnings("CREATE TABLE t (k INT, INDEX i (k) USING BITMPA)"),
            "harbor.t index i: no known release of StarRocks has the type 'BITMPA'; the nearest is "
            "'BITMAP'\n");
  EXPECT_EQ(
      Warnings("CREATE MATERIALIZED VIEW m REFRESH DEFERRED MANUEL PROPERTIES (\"refresh_mode\" "
               "= \"INCREMENTAL\") AS SELECT 1 AS x"),
      "harbor.m refresh: no known release of StarRocks has the mode 'MANUEL'; the nearest is "
      "'MANUAL'\n");
}

TEST(DeclaredTest, AByteOrderMark) {
  Declared declared = *ReadDeclared({{"a.sql",
                                      "\xEF\xBB\xBF"
                                      "CREATE TABLE t (k INT)"}},
                                    "", nullptr);
  EXPECT_EQ(DeclaredText(declared.problems), "");
  ASSERT_EQ(declared.objects.size(), 1U);
  EXPECT_EQ(declared.objects[0].place.column, 1);
}

TEST(DeclaredTest, NoUtf8) {
  EXPECT_EQ(Problems({{"a.sql", "CREATE TABLE \xff (k INT)"}}),
            "a.sql:1: the file is not UTF-8 | Save it as UTF-8.\n");
}

TEST(DeclaredTest, AllProblemsBecomeOneError) {
  std::string text;
  for (int i = 0; i < 25; ++i) text += "CREATE TABLE;\n";
  absl::Status status = ToStatus(ReadDeclared({{"a.sql", text}}, "", nullptr)->problems);
  EXPECT_EQ(ReasonOf(status), Reason::SCHEMA_INVALID);
  std::string message(status.message());
  EXPECT_EQ(message.substr(0, message.find('\n')),
            "a.sql:1:13: found `;`, expected the table's name");
  EXPECT_NE(message.find("\nand 5 more"), std::string::npos);
  EXPECT_EQ(FactsOf(status)["problems"], "25");
}

}  // namespace
}  // namespace stateserver::schema
