// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/metrics_endpoint.h"

#include <string>

#include "common/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/rpc/transport/http_get.h"

namespace stateserver::transport {
namespace {

using testing::HasSubstr;

class MetricsEndpointTest : public testing::Test {
 protected:
  telemetry::Metrics metrics_{"1.2.3", "abcdef"};
};

TEST_F(MetricsEndpointTest, EndpointServesAScrapeWithFreshGauges) {
  int scrapes = 0;
  metrics_.OnScrape([&] {
    metrics_.SetPool("prod", {.in_use = ++scrapes,
                              .waiting = 0,
                              .max = 4,
                              .opened = 1,
                              .waits = 0,
                              .waited = absl::ZeroDuration()});
  });
  auto endpoint = MetricsEndpoint::Start(metrics_, "127.0.0.1:0");
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  ASSERT_GT((*endpoint)->bound_port(), 0);
  std::string first = HttpGet((*endpoint)->bound_port(), "/metrics");
  EXPECT_THAT(first, HasSubstr("200 OK"));
  EXPECT_THAT(first, HasSubstr("stateserver_pool_connections_in_use{gateway=\"prod\"} 1\n"));
  EXPECT_THAT(HttpGet((*endpoint)->bound_port(), "/metrics"),
              HasSubstr("stateserver_pool_connections_in_use{gateway=\"prod\"} 2\n"));
  EXPECT_THAT(HttpGet((*endpoint)->bound_port(), "/other"), HasSubstr("404"));
}

TEST_F(MetricsEndpointTest, EndpointSaysWhyItCannotListen) {
  auto first = MetricsEndpoint::Start(metrics_, "127.0.0.1:0");
  ASSERT_TRUE(first.ok()) << first.status();
  std::string taken = "127.0.0.1:" + std::to_string((*first)->bound_port());
  auto second = MetricsEndpoint::Start(metrics_, taken);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().message(),
            "Cannot serve metrics on " + taken + ": Address already in use.");
  EXPECT_THAT(HintOf(second.status()), HasSubstr("--metrics-listen"));
  EXPECT_FALSE(MetricsEndpoint::Start(metrics_, "not an address").ok());
}

}  // namespace
}  // namespace stateserver::transport
