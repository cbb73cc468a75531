// GET /metrics over HTTP.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/telemetry/metrics.h"

namespace stateserver::telemetry {

// Name and password that /metrics asks for (HTTP basic authentication); without a
// name nobody is asked.
struct MetricsAccess {
  std::string user;
  std::string password;
};

// Serves until it is destroyed.
class MetricsEndpoint {
 public:
  // `address` is host:port, [ipv6]:port or :port (all interfaces); port 0 takes
  // a free one. ARGUMENT_INVALID says why it cannot listen there.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(const Metrics& metrics,
                                                                const std::string& address,
                                                                const MetricsAccess& access = {});
  ~MetricsEndpoint();

  int bound_port() const;

 private:
  struct Impl;
  explicit MetricsEndpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stateserver::telemetry
