// SPDX-License-Identifier: Apache-2.0
//
// GET /metrics over HTTP.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/platform/telemetry/metrics.h"

namespace stateserver::transport {

// MetricsAccess holds the name and password required for /metrics (HTTP basic authentication).
// Without a name, no authentication is required.
struct MetricsAccess {
  std::string user;
  std::string password;
};

// MetricsEndpoint serves until it is destroyed, on one thread that blocks on no client. A silent
// client costs one descriptor for a few seconds (libevent's HTTP server).
class MetricsEndpoint {
 public:
  // Starts serving. `address` is host:port, [ipv6]:port or :port (all interfaces); port 0 selects a
  // free port. `metrics` must outlive this object. Returns ARGUMENT_INVALID if it cannot listen
  // there.
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
