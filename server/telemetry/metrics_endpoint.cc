#include "server/telemetry/metrics_endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "common/error.h"
#include "prometheus/exposer.h"

namespace stateserver::telemetry {
namespace {

// A scrape is short; two of them and a person's curl need no more.
constexpr size_t kThreads = 2;
constexpr std::chrono::milliseconds kKnockInterval(10);

std::string ForCivetweb(const std::string& address) {
  return address.rfind(':', 0) == 0 ? "0.0.0.0" + address : address;
}

// As long for every text of the same length.
bool SameText(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Connects to this machine's `port` and hangs up.
void Knock(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  close(fd);
}

}  // namespace

struct MetricsEndpoint::Impl {
  // The exposer holds it weakly.
  std::shared_ptr<prometheus::Collectable> collectable;
  std::unique_ptr<prometheus::Exposer> exposer;

  int port() const {
    std::vector<int> ports = exposer->GetListeningPorts();
    return ports.empty() ? 0 : ports.front();
  }
};

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsEndpoint::~MetricsEndpoint() {
  // The library notices that it is to stop when somebody connects, else after
  // two seconds.
  std::atomic<bool> stopped = false;
  std::thread knocker([&stopped, port = impl_->port()] {
    while (!stopped) {
      std::this_thread::sleep_for(kKnockInterval);
      Knock(port);
    }
  });
  impl_->exposer.reset();
  stopped = true;
  knocker.join();
}

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const Metrics& metrics, const std::string& address, const MetricsAccess& access) {
  auto impl = std::make_unique<Impl>();
  impl->collectable = metrics.collectable();
  errno = 0;
  try {
    impl->exposer = std::make_unique<prometheus::Exposer>(ForCivetweb(address), kThreads);
    if (!access.user.empty()) {
      impl->exposer->RegisterAuth(
          [access](const std::string& user, const std::string& password) {
            // Both are compared, whatever the first comes to.
            bool right_user = SameText(user, access.user);
            return SameText(password, access.password) && right_user;
          },
          "stateserver metrics");
    }
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

int MetricsEndpoint::bound_port() const { return impl_->port(); }

}  // namespace stateserver::telemetry
