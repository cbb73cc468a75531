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

TEST(DeclaredTest, Properties) {
  auto with = [](const std::string& property) {
    return Problems(
        {{"a.sql", "CREATE TABLE t (k INT) PROPERTIES (\"" + property + "\" = \"1\")"}});
  };
  EXPECT_EQ(with("replication_num"), "");
  EXPECT_EQ(with("dynamic_partition.enable"), "");
  EXPECT_EQ(with("REPLICATION_NUM"),
            "a.sql:1: harbor.t has the property \"REPLICATION_NUM\", which no release of StarRocks "
            "has | Its "
            "name is \"replication_num\".\n");
  EXPECT_EQ(with("colour"),
            "a.sql:1: harbor.t has the property \"colour\", which no release of StarRocks has | "
            "Remove it, or correct its name.\n");
  EXPECT_EQ(SimilarProperty("compresion"), "compression");
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
