// SPDX-License-Identifier: Apache-2.0

#include "server/operations/refusal_limit.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver::operations {
namespace {

OperationRequest From(const std::string& principal, const std::string& gateway = "prod") {
  OperationRequest request;
  request.gateway = gateway;
  request.principal = principal;
  request.method = "jwt";
  return request;
}

TEST(RefusalLimit, DescribesSomeAndCountsTheOthers) {
  int left_out = 0;
  RefusalLimit limit([&](std::string_view gateway) {
    EXPECT_EQ(gateway, "prod");
    ++left_out;
  });
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += limit.Admit(From("jwt:anna")) ? 1 : 0;
  EXPECT_EQ(admitted, 20);
  EXPECT_EQ(left_out, 80);
  EXPECT_TRUE(limit.Admit(From("jwt:berta")));
  EXPECT_TRUE(limit.Admit(From("jwt:anna", "dev"))) << "a count for each gateway";
  auto taken = limit.TakeLeftOut();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].gateway, "prod");
  EXPECT_EQ(taken[0].principal, "jwt:anna");
  EXPECT_EQ(taken[0].method, "jwt");
  EXPECT_EQ(taken[0].count, 80);
  EXPECT_TRUE(limit.TakeLeftOut().empty());
}

TEST(RefusalLimit, TellsABoundedNumberOfPrincipalsApart) {
  RefusalLimit limit;
  int admitted = 0;
  for (int i = 0; i < 10'000; ++i)
    admitted += limit.Admit(From("jwt:" + std::to_string(i))) ? 1 : 0;
  EXPECT_EQ(admitted, 2'000 + 20);
  auto taken = limit.TakeLeftOut();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].gateway, "prod");
  EXPECT_EQ(taken[0].principal, "(others)");
  EXPECT_EQ(taken[0].count, 10'000 - 2'020);
}

}  // namespace
}  // namespace stateserver::operations
