// SPDX-License-Identifier: Apache-2.0
//
// GET /metrics over HTTP.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/platform/telemetry/metrics.h"

namespace stateserver::transport {

// Name and password that /metrics asks for (HTTP basic authentication); without a
// name nobody is asked.
struct MetricsAccess {
  std::string user;
  std::string password;
};

// Serves until it is destroyed, from one thread that waits for no client: one that is
// silent, or does not read, costs a descriptor for some seconds (libevent's HTTP server).
class MetricsEndpoint {
 public:
  // `address` is host:port, [ipv6]:port or :port (all interfaces); port 0 takes
  // a free one. `metrics` lives longer. ARGUMENT_INVALID says why it cannot listen there.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(const telemetry::Metrics& metrics,
                                                                const std::string& address,
                                                                const MetricsAccess& access = {});
  ~MetricsEndpoint();

  int bound_port() const;

 private:
  struct Impl;
  explicit MetricsEndpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stateserver::transport
