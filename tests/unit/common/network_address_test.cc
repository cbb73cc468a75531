// SPDX-License-Identifier: Apache-2.0

#include "common/network_address.h"

#include "gtest/gtest.h"

namespace stateserver {
namespace {

void ExpectParts(std::string_view address, std::string_view host, std::optional<std::string> port) {
  HostPort parts = SplitHostPort(address);
  EXPECT_EQ(parts.host, host) << address;
  EXPECT_EQ(parts.port, port) << address;
}

TEST(SplitHostPort, SplitsAtTheLastColon) {
  ExpectParts("10.0.0.7:51812", "10.0.0.7", "51812");
  ExpectParts("localhost:", "localhost", "");
  ExpectParts("localhost", "localhost", std::nullopt);
  ExpectParts(":7433", "", "7433");
  ExpectParts("", "", std::nullopt);
}

TEST(SplitHostPort, RemovesBrackets) {
  ExpectParts("[2001:db8::1]:51812", "2001:db8::1", "51812");
  ExpectParts("[2001:db8::1]", "2001:db8::1", std::nullopt);
  EXPECT_TRUE(SplitHostPort("[::1]:7").bracketed);
  EXPECT_FALSE(SplitHostPort("::1:7").bracketed);
  ExpectParts("[::1", "[::1", std::nullopt);
  ExpectParts("[::1]x:7", "[::1]x", "7");
}

TEST(IsPort, IsANumberUpTo65535) {
  for (const char* text : {"0", "7433", "65535"}) EXPECT_TRUE(IsPort(text)) << text;
  for (const char* text : {"", "65536", "-1", "+1", "80x", "000080"})
    EXPECT_FALSE(IsPort(text)) << text;
}

TEST(WithPort, ReplacesThePort) {
  EXPECT_EQ(WithPort("127.0.0.1:0", 7433), "127.0.0.1:7433");
  EXPECT_EQ(WithPort("[::1]:0", 7433), "[::1]:7433");
  EXPECT_EQ(WithPort(":0", 7433), ":7433");
  EXPECT_EQ(WithoutPort("[::1]:0"), "[::1]");
  EXPECT_EQ(WithoutPort("unix"), "unix");
}

TEST(PairHostsWithPorts, PairsAsLibpqDoes) {
  using Addresses = std::vector<std::string>;
  EXPECT_EQ(PairHostsWithPorts("db", "5432"), Addresses({"db:5432"}));
  EXPECT_EQ(PairHostsWithPorts("a,b", "1,2"), Addresses({"a:1", "b:2"}));
  EXPECT_EQ(PairHostsWithPorts("a,b,c", "1"), Addresses({"a:1", "b:1", "c:1"}));
  EXPECT_EQ(PairHostsWithPorts("2001:db8::1,[::1],/run", "1"),
            Addresses({"[2001:db8::1]:1", "[::1]:1", "/run:1"}));
  EXPECT_EQ(PairHostsWithPorts("", "5432"), Addresses({":5432"}));
}

TEST(IsLoopbackHost, IsThisMachineOnly) {
  for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "::1"}) {
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  }
  for (const char* host : {"", "127.example.com", "localhost.example.com", "128.0.0.1", "0.0.0.0",
                           "::", "::2", "[::1]", "127.1", "localhos"}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

TEST(AddressGroup, IsTheAddressOrTheNetwork) {
  EXPECT_EQ(AddressGroup("10.0.0.7:51812"), "10.0.0.7");
  EXPECT_EQ(AddressGroup("[2001:db8:1:2:3:4:5:6]:51812"), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressGroup("[::1]:7"), "::/64");
  EXPECT_EQ(AddressGroup("unix"), "unix");
}

}  // namespace
}  // namespace stateserver
