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
}

}  // namespace
}  // namespace stateserver
