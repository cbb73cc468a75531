// SPDX-License-Identifier: Apache-2.0

#include "common/network_address.h"

#include "gtest/gtest.h"

namespace stateserver {
namespace {

TEST(AddressGroup, IsTheAddressOrTheNetwork) {
  EXPECT_EQ(AddressGroup("10.0.0.7:51812"), "10.0.0.7");
  EXPECT_EQ(AddressGroup("[2001:db8:1:2:3:4:5:6]:51812"), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressGroup("[::1]:7"), "::/64");
  EXPECT_EQ(AddressGroup("unix"), "unix");
}

}  // namespace
}  // namespace stateserver
