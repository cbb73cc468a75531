// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "server/platform/postgres/session.h"

namespace stateserver::postgres {
namespace {

TEST(Quoting, DoublesQuotes) {
  EXPECT_EQ(QuoteName("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteLiteral("a\\b"), " E'a\\\\b'");
}

// In an array's text quotes are not doubled, as they are in names and literals.
TEST(Quoting, EscapesElementsOfAnArray) {
  EXPECT_EQ(ArrayLiteral({}), "{}");
  EXPECT_EQ(ArrayLiteral({"a", "", "NULL", "b,c"}), "{\"a\",\"\",\"NULL\",\"b,c\"}");
  EXPECT_EQ(ArrayLiteral({"a\"b\\c"}), "{\"a\\\"b\\\\c\"}");
}

std::string Escaped(std::string_view value) {
  std::string line;
  AppendCopyField(value, &line);
  return line;
}

TEST(CopyText, EscapesWhatWouldEndAField) {
  EXPECT_EQ(Escaped("a\tb\nc\\d\re"), "a\\tb\\nc\\\\d\\re");
  EXPECT_EQ(Escaped("plain"), "plain");
  EXPECT_EQ(Escaped("\\N"), "\\\\N");
}

TEST(CopyText, SplitsAndUnescapes) {
  std::vector<CopyField> fields;
  ASSERT_TRUE(SplitCopyLine("a\\tb\t\\N\t\t\\\\N\tx\\ny", 5, &fields));
  EXPECT_EQ(fields[0].text, "a\tb");
  EXPECT_TRUE(fields[1].is_null);
  EXPECT_EQ(fields[2].text, "");
  EXPECT_FALSE(fields[2].is_null);
  EXPECT_EQ(fields[3].text, "\\N");
  EXPECT_FALSE(fields[3].is_null);
  EXPECT_EQ(fields[4].text, "x\ny");
}

TEST(CopyText, RefusesAnotherNumberOfFields) {
  std::vector<CopyField> fields;
  EXPECT_FALSE(SplitCopyLine("a\tb", 1, &fields));
  EXPECT_FALSE(SplitCopyLine("a\tb", 3, &fields));
  EXPECT_TRUE(SplitCopyLine("", 1, &fields));
}

TEST(CopyText, PointsIntoTheLineWhereNothingIsEscaped) {
  std::vector<CopyField> fields;
  std::string line = "abc\tx\\ty";
  ASSERT_TRUE(SplitCopyLine(line, 2, &fields));
  EXPECT_EQ(fields[0].text.data(), line.data());
  EXPECT_EQ(fields[1].text.data(), fields[1].storage.data());
}

}  // namespace
}  // namespace stateserver::postgres
