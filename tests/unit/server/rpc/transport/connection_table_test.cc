// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/connection_table.h"

#include <sys/resource.h>

#include <string>

#include "gtest/gtest.h"

namespace stateserver::transport {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::string Peer(int number) { return "10.0.0." + std::to_string(number) + ":1"; }

class ConnectionTableTest : public testing::Test {
 protected:
  ConnectionPtr Admit(const std::string& peer, Via via = Via::kNetwork) {
    last_ = table_.Admit(via, peer, kNow);
    return last_.connection;
  }

  ConnectionTable table_{{4, 2, 1}};
  ConnectionTable::Admission last_;
};

TEST_F(ConnectionTableTest, FindsConnectionsByTheNameOfTheirSocket) {
  ConnectionPtr one = Admit(Peer(1));
  ConnectionPtr two = Admit(Peer(2));
  EXPECT_EQ(table_.Find("unix-abstract:" + table_.SocketName(*one)), one);
  EXPECT_EQ(table_.Find("unix-abstract:" + table_.SocketName(*two)), two);
  for (const std::string& other :
       {table_.SocketName(*one), "unix:" + table_.SocketName(*one),
        "unix-abstract:" + table_.SocketName(*one) + "x", std::string("ipv4:10.0.0.1:1"),
        "unix-abstract:" + ConnectionTable({4, 2, 1}).SocketName(*one)}) {
    EXPECT_EQ(table_.Find(other), nullptr) << other;
  }
  table_.Remove(one);
  EXPECT_EQ(table_.Find("unix-abstract:" + table_.SocketName(*one)), nullptr);
  EXPECT_EQ(table_.size(), 1);
}

TEST_F(ConnectionTableTest, ANewcomerReplacesTheOldestUnknownConnectionOfItsAddress) {
  ConnectionPtr first = Admit(Peer(1));
  Admit(Peer(1));
  ASSERT_NE(Admit(Peer(1)), nullptr);
  ASSERT_EQ(last_.victims.size(), 1u);
  EXPECT_EQ(last_.victims[0].first, first);
  EXPECT_EQ(last_.victims[0].second, CloseReason::kTooManyConnectionsOfAddress);
  EXPECT_EQ(table_.size(), 2);
}

TEST_F(ConnectionTableTest, OrOfAllWhereThereIsNoRoom) {
  ConnectionPtr first = Admit(Peer(1));
  for (int i = 2; i <= 4; ++i) Admit(Peer(i));
  ASSERT_NE(Admit(Peer(5)), nullptr);
  ASSERT_EQ(last_.victims.size(), 1u);
  EXPECT_EQ(last_.victims[0].first, first);
  EXPECT_EQ(last_.victims[0].second, CloseReason::kTooManyConnections);
  EXPECT_EQ(table_.size(), 4);
}

TEST_F(ConnectionTableTest, KnownConnectionsStay) {
  for (int i = 1; i <= 4; ++i) {
    ConnectionPtr one = Admit(Peer(i));
    table_.SetKnown(one, "token:" + std::to_string(i));
    EXPECT_TRUE(one->known);
  }
  EXPECT_EQ(Admit(Peer(5)), nullptr);
  EXPECT_EQ(last_.refused, CloseReason::kTooManyConnections);
  EXPECT_TRUE(last_.victims.empty());
}

TEST_F(ConnectionTableTest, OnePrincipalKeepsABoundedNumber) {
  ConnectionPtr one = Admit(Peer(1));
  ConnectionPtr two = Admit(Peer(2));
  table_.SetKnown(one, "token:anna");
  table_.SetKnown(two, "token:anna");
  EXPECT_TRUE(one->known);
  EXPECT_FALSE(two->known);
  EXPECT_EQ(table_.TakeOldestUnknown(), two);
  EXPECT_EQ(table_.TakeOldestUnknown(), nullptr);
  table_.Remove(one);
  ConnectionPtr three = Admit(Peer(3));
  table_.SetKnown(three, "token:anna");
  EXPECT_TRUE(three->known);
}

TEST_F(ConnectionTableTest, SocketsOfThisMachineHaveNoLimitOfTheirOwn) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_NE(Admit("unix", Via::kLocal), nullptr);
    EXPECT_TRUE(last_.victims.empty());
  }
}

TEST_F(ConnectionTableTest, AnAddressThatCancelsTooMuchWaits) {
  ConnectionPtr one = Admit(Peer(1));
  ConnectionPtr other = Admit(Peer(2));
  EXPECT_EQ(table_.Charge(*one, 1000, kNow), absl::ZeroDuration());
  EXPECT_GT(table_.Charge(*one, 250, kNow), absl::Milliseconds(400));
  EXPECT_EQ(table_.Charge(*other, 0, kNow), absl::ZeroDuration());
  // A new connection inherits it.
  table_.Remove(one);
  ConnectionPtr again = Admit(Peer(1));
  EXPECT_GT(table_.Charge(*again, 0, kNow), absl::Milliseconds(400));
  EXPECT_EQ(table_.Charge(*again, -250, kNow), absl::ZeroDuration());
  EXPECT_GT(table_.Charge(*again, 10'000, kNow), absl::Milliseconds(400));
  EXPECT_EQ(table_.Charge(*again, 0, kNow + absl::Seconds(1)), absl::ZeroDuration());
}

TEST_F(ConnectionTableTest, ManyAddressesTogetherWaitToo) {
  absl::Duration wait;
  for (int i = 1; i <= 100 && wait <= absl::ZeroDuration(); ++i) {
    ConnectionPtr one = Admit(Peer(i));
    wait = table_.Charge(*one, 500, kNow);
    table_.Remove(one);
  }
  EXPECT_GT(wait, absl::ZeroDuration());
}

TEST(ConnectionTable, HasRoomForAThirdOfTheFilesThatAreNotReserved) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  ConnectionTable table({1024, 256, 128});
  for (auto [files, room] : {std::pair{1024, 256}, {300, 50}, {100'000, 1024}, {4, 1}}) {
    if (static_cast<rlim_t>(files) > before.rlim_max) continue;
    rlimit limit{static_cast<rlim_t>(files), before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(table.capacity(), room) << files;
  }
  RaiseOpenFileLimit();
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, std::min<rlim_t>(before.rlim_max, 1 << 20));
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace stateserver::transport
