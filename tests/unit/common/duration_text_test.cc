// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "common/time.h"

namespace stateserver {
namespace {

TEST(SizeTextTest, WholeMilliseconds) {
  EXPECT_EQ(SizeText(absl::ZeroDuration()), "less than 1ms");
  EXPECT_EQ(SizeText(absl::Microseconds(999)), "less than 1ms");
  EXPECT_EQ(SizeText(absl::Microseconds(1999)), "1ms");
  EXPECT_EQ(SizeText(absl::Milliseconds(1203)), "1.203s");
}

TEST(SizeTextTest, HasNoSign) {
  EXPECT_EQ(SizeText(-absl::Microseconds(1)), "less than 1ms");
  EXPECT_EQ(SizeText(-absl::Hours(25)), "25h");
}

}  // namespace
}  // namespace stateserver
