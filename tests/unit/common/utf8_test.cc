// SPDX-License-Identifier: Apache-2.0

#include "common/utf8.h"

#include "gtest/gtest.h"

namespace stateserver {
namespace {

constexpr char kBad[] = "\xEF\xBF\xBD";

TEST(Utf8, KnowsWellFormedSequences) {
  EXPECT_EQ(Utf8SequenceLength("a"), 1u);
  EXPECT_EQ(Utf8SequenceLength("é"), 2u);
  EXPECT_EQ(Utf8SequenceLength("€uro"), 3u);
  EXPECT_EQ(Utf8SequenceLength("😀"), 4u);
  EXPECT_EQ(Utf8SequenceLength("\xF4\x8F\xBF\xBF"), 4u);  // U+10FFFF
}

TEST(Utf8, KnowsWhatIsNotOne) {
  EXPECT_EQ(Utf8SequenceLength(""), 0u);
  EXPECT_EQ(Utf8SequenceLength("\x80"), 0u);              // continuation alone
  EXPECT_EQ(Utf8SequenceLength("\xC3"), 0u);              // cut short
  EXPECT_EQ(Utf8SequenceLength("\xC0\x80"), 0u);          // overlong NUL
  EXPECT_EQ(Utf8SequenceLength("\xE0\x80\x80"), 0u);      // overlong
  EXPECT_EQ(Utf8SequenceLength("\xF0\x80\x80\x80"), 0u);  // overlong
  EXPECT_EQ(Utf8SequenceLength("\xED\xA0\x80"), 0u);      // surrogate
  EXPECT_EQ(Utf8SequenceLength("\xF4\x90\x80\x80"), 0u);  // past U+10FFFF
  EXPECT_EQ(Utf8SequenceLength("\xFF"), 0u);
}

TEST(Utf8, RepairsEachBadByte) {
  EXPECT_EQ(ToValidUtf8("naïve"), "naïve");
  EXPECT_EQ(ToValidUtf8("a\xFF"
                        "b"),
            std::string("a") + kBad + "b");
  EXPECT_EQ(ToValidUtf8("\xC3"), kBad);
  EXPECT_EQ(ToValidUtf8("\xED\xA0\x80"), std::string(kBad) + kBad + kBad);
}

TEST(Utf8, ReplacesEachCharacterThatIsNotAscii) {
  EXPECT_EQ(ToAscii("a\tb"), "a\tb");
  EXPECT_EQ(ToAscii("{\"é\": \"€😀\"}"), "{\"?\": \"??\"}");
}

TEST(Utf8, TruncatesBetweenCharacters) {
  EXPECT_EQ(TruncateUtf8("abc", 3), "abc");
  EXPECT_EQ(TruncateUtf8("abc", 2), "ab");
  EXPECT_EQ(TruncateUtf8("a€b", 3), "a");
  EXPECT_EQ(TruncateUtf8("a€b", 4), "a€");
  EXPECT_EQ(TruncateUtf8("€", 1), "");
}

}  // namespace
}  // namespace stateserver
