// SPDX-License-Identifier: Apache-2.0
//
// Results of SHOW CREATE that cannot be run again, and those that can.
#include "server/starrocks/ddl/printed.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/ddl/token_stream.h"
#include "tests/unit/server/starrocks/ddl/corpus.h"

namespace stateserver::schema {
namespace {

Table TableOf(const std::string& printed) {
  ParsedScript script = ParsePrinted(printed, "live", "db");
  EXPECT_TRUE(script.errors.empty()) << script.errors.at(0).Text() << "\n"
                                     << RequotePrinted(printed);
  if (script.objects.size() != 1) return {};
  return std::get<Table>(script.objects[0].definition);
}

std::string T(const std::string& elements, const std::string& rest = "") {
  return "CREATE TABLE `t` (\n" + elements + "\n) ENGINE=OLAP \nDUPLICATE KEY(`k`)" + rest +
         "\nDISTRIBUTED BY HASH(`k`)\nPROPERTIES (\n\"replication_num\" = \"1\"\n);";
}

TEST(PrintedTest, CommentsAndDefaultsThatAReleaseDoesNotEscape) {
  Table table =
      TableOf(T("  `k` int(11) NULL DEFAULT \"say \"1\"\" COMMENT \"said \"yes\", twice\",\n"
                "  `v` int(11) NULL COMMENT \"\"quoted\"\",\n"
                "  `p` int(11) NULL COMMENT \"C:\\new \\\",\n"
                "  `w` int(11) NULL COMMENT \"it's\"",
                "\nCOMMENT \"the \"big\" one\""));
  ASSERT_EQ(table.columns.size(), 4U);
  EXPECT_EQ(table.columns[0].default_value->text, "say \"1\"");
  EXPECT_EQ(table.columns[0].comment, "said \"yes\", twice");
  EXPECT_EQ(table.columns[1].comment, "\"quoted\"");
  EXPECT_EQ(table.columns[2].comment, "C:\\new \\");
  EXPECT_EQ(table.columns[3].comment, "it's");
  EXPECT_EQ(table.comment, "the \"big\" one");
}

TEST(PrintedTest, DefaultsAreEscapedAsInJava) {
  Table table =
      TableOf(T("  `k` varchar(9) NULL DEFAULT \"n\\/a\" COMMENT \"x/y\",\n"
                "  `l` varchar(9) NULL DEFAULT \"a\\nb\\tc\\rd\\be\\ff\" COMMENT \"\",\n"
                "  `m` varchar(9) NULL DEFAULT \"1\\\\\\/2 \\\"x\\\"\" COMMENT \"\",\n"
                "  `n` varchar(9) NULL DEFAULT \"C:\\\\new\" COMMENT \"\""));
  ASSERT_EQ(table.columns.size(), 4U);
  EXPECT_EQ(table.columns[0].default_value->text, "n/a");
  EXPECT_EQ(table.columns[0].comment, "x/y");
  EXPECT_EQ(table.columns[1].default_value->text, "a\nb\tc\rd\be\ff");
  EXPECT_EQ(table.columns[2].default_value->text, "1\\/2 \"x\"");
  EXPECT_EQ(table.columns[3].default_value->text, "C:\\new");
}

TEST(PrintedTest, CommentsThatAReleaseEscapes) {
  std::string text = T("  `k` int(11) NULL COMMENT \"it's \\\"quoted\\\" \\\\ and ; semicolon\"",
                       "\nCOMMENT \"line1\nline2 -- not a comment\"");
  EXPECT_EQ(RequotePrinted(text), text);
  Table table = TableOf(text);
  EXPECT_EQ(table.columns.at(0).comment, "it's \"quoted\" \\ and ; semicolon");
  EXPECT_EQ(table.comment, "line1\nline2 -- not a comment");
}

TEST(PrintedTest, NamesOfIndexesAndTheirComments) {
  Table table =
      TableOf(T("  `k` int(11) NULL COMMENT \"\",\n"
                "  INDEX my (odd) order (`k`) USING BITMAP COMMENT 'it's a 'b\\c'',\n"
                "  INDEX plain (`k`) USING NGRAMBF(\"gram_num\" = \"4\") COMMENT ''"));
  ASSERT_EQ(table.indexes.size(), 2U);
  EXPECT_EQ(table.indexes[0].name, "my (odd) order");
  EXPECT_EQ(table.indexes[0].comment, "it's a 'b\\c'");
  EXPECT_EQ(table.indexes[1].name, "plain");
  EXPECT_EQ(table.indexes[1].properties.at("gram_num"), "4");
}

TEST(PrintedTest, ValuesOfLists) {
  Table table = TableOf(T("  `k` varchar(9) NULL COMMENT \"\"",
                          "\nPARTITION BY LIST(`k`)(\n"
                          "  PARTITION a VALUES IN ('it's', 'b\\c', '(d)', 'e,f'),\n"
                          "  PARTITION b VALUES IN (('x', 'y'z'), ('1', '2'))\n)"));
  const std::vector<Partition>& partitions = table.partitioning->partitions;
  ASSERT_EQ(partitions.size(), 2U);
  ASSERT_EQ(partitions[0].members.size(), 4U);
  EXPECT_EQ(partitions[0].members[0][0].text, "it's");
  EXPECT_EQ(partitions[0].members[1][0].text, "b\\c");
  EXPECT_EQ(partitions[0].members[2][0].text, "(d)");
  ASSERT_EQ(partitions[1].members.size(), 2U);
  EXPECT_EQ(partitions[1].members[0][1].text, "y'z");
}

TEST(PrintedTest, NamesOfFields) {
  Table table =
      TableOf(T("  `k` struct<rows int(11), a-b struct<my date int(11), date date>, `q r` "
                "array<int(11)>> NULL "
                "COMMENT \"\""));
  const DataType& type = *table.columns.at(0).type;
  ASSERT_EQ(type.fields.size(), 3U);
  EXPECT_EQ(type.fields[0].name, "rows");
  EXPECT_EQ(type.fields[1].name, "a-b");
  ASSERT_EQ(type.fields[1].type.fields.size(), 2U);
  EXPECT_EQ(type.fields[1].type.fields[0].name, "my date");
  EXPECT_EQ(type.fields[1].type.fields[1].name, "date");
  EXPECT_EQ(type.fields[2].name, "q r");
}

TEST(PrintedTest, TheQueryOfAViewIsUnchanged) {
  std::string text =
      "CREATE VIEW `v` (`a` COMMENT \"x\", `b`) COMMENT \"y\" AS SELECT 'it''s' AS `a`, \"COMMENT "
      "\\\"z\" AS `b`;";
  EXPECT_EQ(RequotePrinted(text), text);
}

TEST(ReservedWords, AreThoseThatTheEngineDoesNotTakeAsNames) {
  simdjson::dom::parser parser;
  simdjson::dom::element words =
      parser.load(std::string(TEST_DATA_DIR) + "/starrocks/engine_words.json").value();
  size_t reserved = 0;
  for (std::string_view word : words["reserved"].get_array()) {
    EXPECT_TRUE(IsReserved(word)) << word;
    ++reserved;
  }
  EXPECT_EQ(reserved, 159U);
  for (std::string_view word : words["not_reserved"].get_array()) {
    EXPECT_FALSE(IsReserved(word)) << word;
  }
  EXPECT_TRUE(IsReserved("Range"));
}

}  // namespace
}  // namespace stateserver::schema
