// SPDX-License-Identifier: Apache-2.0

#include "common/text.h"

#include <gtest/gtest.h>

namespace stateserver {
namespace {

TEST(Text, IsTrimmedAtBothEnds) {
  EXPECT_EQ(Trim(" \t\n\v\f\r a b \r\n"), "a b");
  EXPECT_EQ(Trim("\u00a0a"), "\u00a0a");  // what is not ASCII stays
  EXPECT_EQ(Trim(" \n "), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim("\f a \n", kJsonSpace), "\f a");
}

TEST(Text, HasItsAsciiLettersConverted) {
  EXPECT_EQ(Lower("AZaz09[@_Ä"), "azaz09[@_Ä");
  EXPECT_EQ(Upper("AZaz09`{_ä"), "AZAZ09`{_ä");
}

TEST(Text, IsComparedIgnoringCase) {
  EXPECT_TRUE(EqualIgnoringCase("", ""));
  EXPECT_TRUE(EqualIgnoringCase("Prod_1", "pROD_1"));
  EXPECT_FALSE(EqualIgnoringCase("prod", "prod1"));
  EXPECT_FALSE(EqualIgnoringCase("@", "`"));  // not letters, though a case apart
}

}  // namespace
}  // namespace stateserver
