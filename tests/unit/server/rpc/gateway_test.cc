// SPDX-License-Identifier: Apache-2.0

#include "server/platform/gateways/gateway.h"

#include "common/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver::gateways {
namespace {

using testing::HasSubstr;

Gateway Named(const std::string& name, bool is_default = false) {
  Gateway gateway;
  gateway.name = name;
  gateway.is_default = is_default;
  return gateway;
}

Gateway WithState(const std::string& name) {
  Gateway gateway = Named(name);
  gateway.pool = std::make_shared<postgres::Pool>(postgres::PoolOptions{});
  return gateway;
}

TEST(GatewayRegistry, FindsByNameAndTheDefault) {
  GatewayRegistry registry;
  registry.Replace({Named("prod", true), Named("dev")});
  EXPECT_EQ((*registry.Find("dev"))->name, "dev");
  EXPECT_EQ((*registry.Find(""))->name, "prod");
  ASSERT_EQ(registry.All().size(), 2u);
  EXPECT_EQ(registry.All()[0]->name, "dev");
}

TEST(GatewayRegistry, NamesTheKnownOnesWhenThereIsNoSuch) {
  GatewayRegistry registry;
  registry.Replace({Named("prod", true), Named("dev")});
  absl::Status status = registry.Find("tset").status();
  EXPECT_EQ(ReasonOf(status), Reason::GATEWAY_NOT_FOUND);
  EXPECT_EQ(status.message(), "No gateway named 'tset'.");
  EXPECT_EQ(HintOf(status), "This server has: dev, prod (default).");
  EXPECT_EQ(FactsOf(status).at("gateway"), "tset");
}

TEST(GatewayRegistry, SaysWhenThereIsNoDefault) {
  GatewayRegistry registry;
  EXPECT_EQ(ReasonOf(registry.Find("").status()), Reason::GATEWAY_NOT_FOUND);
  registry.Replace({Named("dev")});
  EXPECT_THAT(HintOf(registry.Find("").status()), HasSubstr("this server has: dev."));
}

TEST(GatewayRegistry, StateIsAskedForApart) {
  GatewayRegistry registry;
  registry.Replace({WithState("prod"), Named("warehouse_only")});
  EXPECT_TRUE(registry.FindState("prod").ok());
  EXPECT_TRUE(registry.Find("warehouse_only").ok());
  absl::Status status = registry.FindState("warehouse_only").status();
  EXPECT_EQ(ReasonOf(status), Reason::GATEWAY_NOT_FOUND);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has no state_connection"));
}

TEST(GatewayRegistry, AStateThatIsNotServedIsNamedWithItsTypeAndAWayOut) {
  GatewayRegistry registry;
  Gateway local = Named("local");
  local.unserved_state_type = "duckdb";
  local.unserved_state_hint = "Move the state.";
  registry.Replace({WithState("prod"), std::move(local)});
  absl::Status status = registry.FindState("local").status();
  EXPECT_EQ(ReasonOf(status), Reason::GATEWAY_NOT_FOUND);
  EXPECT_EQ(status.message(),
            "Gateway 'local' has its state in a connection of type duckdb, which this server does "
            "not serve.");
  EXPECT_EQ(HintOf(status), "Move the state. Or name another gateway.");
}

TEST(GatewayRegistry, ACallKeepsItsGatewayOverAReload) {
  GatewayRegistry registry;
  registry.Replace({WithState("prod")});
  GatewayPtr held = *registry.Find("prod");
  std::weak_ptr<postgres::Pool> pool = held->pool;
  registry.Replace({Named("dev")});
  EXPECT_FALSE(registry.Find("prod").ok());
  EXPECT_EQ(held->name, "prod");
  EXPECT_FALSE(pool.expired());
  held.reset();
  EXPECT_TRUE(pool.expired());
}

}  // namespace
}  // namespace stateserver::gateways
