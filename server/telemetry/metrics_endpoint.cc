#include "server/telemetry/metrics_endpoint.h"

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "common/error.h"
#include "prometheus/exposer.h"

namespace stateserver::telemetry {
namespace {

// A scrape is short; two of them and a person's curl need no more.
constexpr size_t kThreads = 2;

std::string ForCivetweb(const std::string& address) {
  return address.rfind(':', 0) == 0 ? "0.0.0.0" + address : address;
}

}  // namespace

struct MetricsEndpoint::Impl {
  // The exposer holds it weakly.
  std::shared_ptr<prometheus::Collectable> collectable;
  std::unique_ptr<prometheus::Exposer> exposer;
};

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsEndpoint::~MetricsEndpoint() = default;

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const Metrics& metrics, const std::string& address) {
  auto impl = std::make_unique<Impl>();
  impl->collectable = metrics.collectable();
  errno = 0;
  try {
    impl->exposer = std::make_unique<prometheus::Exposer>(ForCivetweb(address), kThreads);
    impl->exposer->RegisterCollectable(impl->collectable);
  } catch (const std::exception&) {
    // The library tells nothing, but it leaves what bind() said.
    std::string why = errno == 0 ? "the address is not valid" : std::strerror(errno);
    return Error(Reason::ARGUMENT_INVALID, "Cannot serve metrics on " + address + ": " + why + ".",
                 "Choose another address with --metrics-listen HOST:PORT.",
                 {{"field", "metrics_listen"}});
  }
  return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(std::move(impl)));
}

int MetricsEndpoint::bound_port() const {
  std::vector<int> ports = impl_->exposer->GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace stateserver::telemetry
