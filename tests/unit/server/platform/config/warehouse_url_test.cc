// SPDX-License-Identifier: Apache-2.0
//
// URLs of StarRocks connections.
#include "server/platform/config/warehouse_url.h"

#include <gtest/gtest.h>

#include "common/error.h"

namespace stateserver::config {
namespace {

Warehouse Read(std::string_view url) {
  auto warehouse = ParseWarehouseUrl(url);
  EXPECT_TRUE(warehouse.ok()) << warehouse.status();
  return warehouse.ok() ? *warehouse : Warehouse();
}

std::string Refusal(std::string_view url) {
  auto warehouse = ParseWarehouseUrl(url);
  EXPECT_EQ(ReasonOf(warehouse.status()), Reason::ARGUMENT_INVALID) << url;
  return std::string(warehouse.status().message());
}

TEST(WarehouseUrlTest, AllParts) {
  Warehouse warehouse = Read("starrocks://us%40er:p%3Aw%2F%25@fe.example:9031/lake.sales%20eu");
  EXPECT_TRUE(warehouse.is_starrocks());
  EXPECT_EQ(warehouse.user, "us@er");
  EXPECT_EQ(warehouse.password.value, "p:w/%");
  EXPECT_EQ(warehouse.host, "fe.example");
  EXPECT_EQ(warehouse.port, 9031);
  EXPECT_EQ(warehouse.catalog, "lake");
  EXPECT_EQ(warehouse.database, "sales eu");
}

TEST(WarehouseUrlTest, PartsThatMayBeMissing) {
  Warehouse warehouse = Read("starrocks://root@fe");
  EXPECT_EQ(warehouse.password.value, "");
  EXPECT_EQ(warehouse.port, 9030);
  EXPECT_EQ(warehouse.catalog, "");
  EXPECT_FALSE(warehouse.database.has_value());
  EXPECT_FALSE(Read("starrocks://root@fe:9030/").database.has_value());
  // The last @ ends the login.
  EXPECT_EQ(Read("starrocks://root:a@b@fe/d").password.value, "a@b");
  EXPECT_EQ(Read("starrocks://root@[::1]:9030/d").host, "::1");
  EXPECT_EQ(Read("starrocks://root@[::1]/d").port, 9030);
}

TEST(WarehouseUrlTest, WhatIsWrongIsNamedWithoutThePassword) {
  EXPECT_EQ(Refusal("mysql://root:secret@fe/d"),
            "The StarRocks URL does not begin with starrocks://");
  EXPECT_EQ(Refusal("starrocks://fe:9030/d"), "The StarRocks URL has no user before an @");
  EXPECT_EQ(Refusal("starrocks://:secret@fe/d"), "The StarRocks URL has no user");
  EXPECT_EQ(Refusal("starrocks://root:secret@:9030/d"), "The StarRocks URL has no host");
  EXPECT_EQ(Refusal("starrocks://root:secret@fe:port/d"),
            "The StarRocks URL has a port that is not a number from 1 to 65535");
  EXPECT_EQ(Refusal("starrocks://root:secret@fe:0/d"),
            "The StarRocks URL has a port that is not a number from 1 to 65535");
  EXPECT_EQ(Refusal("starrocks://root:a@b:secret/c@fe/d"),
            "The StarRocks URL has a port that is not a number from 1 to 65535")
      << "a password that should have been encoded";
  EXPECT_EQ(Refusal("starrocks://root:se%ZZcret@fe/d"),
            "The StarRocks URL has a % without two hexadecimal digits, or %00, in its login");
  EXPECT_EQ(Refusal("starrocks://root:secret%00@fe/d"),
            "The StarRocks URL has a % without two hexadecimal digits, or %00, in its login");
  EXPECT_EQ(Refusal("starrocks://root:secret@fe/d%00"),
            "The StarRocks URL has a % without two hexadecimal digits, or %00, in its database");
  EXPECT_EQ(Refusal(std::string_view("starrocks://root:secret@f\0e/d", 28)),
            "The StarRocks URL has a NUL character");
  EXPECT_EQ(Refusal("starrocks://root:secret@fe/d/e"),
            "The StarRocks URL has more than a database after the host");
  EXPECT_EQ(Refusal("starrocks://root:secret@fe/.d"),
            "The StarRocks URL has a dot without a catalog or a database beside it");
}

}  // namespace
}  // namespace stateserver::config
