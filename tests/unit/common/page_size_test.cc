// SPDX-License-Identifier: Apache-2.0

#include "common/page_size.h"

#include <gtest/gtest.h>

#include "common/error.h"

namespace stateserver {
namespace {

TEST(PageSize, HasADefaultAndAMost) {
  EXPECT_EQ(PageSize(0).value(), 100);
  EXPECT_EQ(PageSize(1).value(), 1);
  EXPECT_EQ(PageSize(1000).value(), 1000);
  EXPECT_EQ(PageSize(1001).value(), 1000);
}

TEST(PageSize, IsNotNegative) {
  absl::Status status = PageSize(-1).status();
  EXPECT_EQ(ReasonOf(status), Reason::ARGUMENT_INVALID);
  EXPECT_EQ(FactsOf(status)["field"], "page_size");
}

}  // namespace
}  // namespace stateserver
