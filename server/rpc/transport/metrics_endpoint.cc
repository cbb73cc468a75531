// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/metrics_endpoint.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/error.h"
#include "common/text.h"
#include "server/rpc/transport/event_loop.h"
#include "server/rpc/transport/listening_socket.h"

namespace stateserver::transport {
namespace {

// Time for a request, and again for its response to be received.
constexpr int kTimeoutSeconds = 5;
constexpr int kMaxHeaderBytes = 8 << 10;
constexpr int kMaxBodyBytes = 1 << 10;
// Pause before accepting again when no descriptor was left.
constexpr timeval kPause{1, 0};
constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

struct FreeHttp {
  void operator()(evhttp* http) const { evhttp_free(http); }
};

// Takes the same time for all texts of the same length.
bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Returns the expected text after "Basic " in the header; empty if no credentials are required.
std::string CredentialsOf(const MetricsAccess& access) {
  if (access.user.empty()) return "";
  return absl::Base64Escape(Cat(access.user, ":", access.password));
}

}  // namespace

struct MetricsEndpoint::Impl {
  const telemetry::Metrics& metrics;
  const std::string credentials;
  ListeningSockets sockets;
  std::unique_ptr<evhttp, FreeHttp> http;
  std::vector<evconnlistener*> listeners;  // owned by `http`
  EventPtr clock;
  EventLoop loop;

  Impl(const telemetry::Metrics& source, const MetricsAccess& access, ListeningSockets bound)
      : metrics(source), credentials(CredentialsOf(access)), sockets(std::move(bound)) {
    loop.RunAndWait([this] { Serve(); });
  }
  ~Impl() {
    loop.RunAndWait([this] {
      clock.reset();
      http.reset();
    });
  }

  void Serve();
  bool MayRead(evhttp_request* request) const;
  void Answer(evhttp_request* request) const;
  void AcceptAgain();
};

void MetricsEndpoint::Impl::Serve() {
  http.reset(evhttp_new(loop.base()));
  evhttp_set_timeout(http.get(), kTimeoutSeconds);
  evhttp_set_max_headers_size(http.get(), kMaxHeaderBytes);
  evhttp_set_max_body_size(http.get(), kMaxBodyBytes);
  evhttp_set_allowed_methods(http.get(), EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
  evhttp_set_cb(
      http.get(), "/metrics",
      [](evhttp_request* request, void* self) { static_cast<const Impl*>(self)->Answer(request); },
      this);
  clock.reset(event_new(
      loop.base(), -1, EV_PERSIST,
      [](evutil_socket_t, short, void* self) { static_cast<Impl*>(self)->AcceptAgain(); }, this));
  event_add(clock.get(), &kPause);
  for (const FileDescriptor& socket : sockets.sockets) {
    // The library closes it, so it gets its own descriptor.
    evhttp_bound_socket* bound = evhttp_accept_socket_with_handle(http.get(), dup(socket.get()));
    listeners.push_back(evhttp_bound_socket_get_listener(bound));
    // Otherwise a listener without a free descriptor would stay ready forever.
    evconnlistener_set_error_cb(listeners.back(), [](evconnlistener* listener, void*) {
      evconnlistener_disable(listener);
    });
  }
}

void MetricsEndpoint::Impl::AcceptAgain() {
  for (evconnlistener* listener : listeners) evconnlistener_enable(listener);
}

bool MetricsEndpoint::Impl::MayRead(evhttp_request* request) const {
  if (credentials.empty()) return true;
  const char* header =
      evhttp_find_header(evhttp_request_get_input_headers(request), "Authorization");
  constexpr std::string_view kScheme = "Basic ";
  std::string_view given = header == nullptr ? "" : header;
  if (evutil_ascii_strncasecmp(given.data(), kScheme.data(),
                               std::min(given.size(), kScheme.size())) != 0 ||
      given.size() < kScheme.size()) {
    return false;
  }
  return SameText(given.substr(kScheme.size()), credentials);
}

void MetricsEndpoint::Impl::Answer(evhttp_request* request) const {
  evkeyvalq* headers = evhttp_request_get_output_headers(request);
  // One request per connection, because an open connection holds a descriptor.
  evhttp_add_header(headers, "Connection", "close");
  if (!MayRead(request)) {
    evhttp_add_header(headers, "WWW-Authenticate", "Basic realm=\"stateserver metrics\"");
    return evhttp_send_error(request, 401, "Unauthorized");
  }
  evhttp_add_header(headers, "Content-Type", kContentType);
  std::string text = metrics.Text();
  evbuffer* body = evbuffer_new();
  evbuffer_add(body, text.data(), text.size());
  evhttp_send_reply(request, HTTP_OK, "OK", body);
  evbuffer_free(body);
}

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const telemetry::Metrics& metrics, const std::string& address, const MetricsAccess& access) {
  auto sockets = Listen(address);
  if (!sockets.ok()) {
    std::string_view why = MessageOf(sockets.status());
    constexpr std::string_view kListening = "Cannot listen on ";
    if (why.substr(0, kListening.size()) == kListening) why.remove_prefix(kListening.size());
    return Error(Reason::ARGUMENT_INVALID, Cat("Cannot serve metrics on ", why),
                 "Choose another address with --metrics-listen HOST:PORT.",
                 {{"field", "metrics_listen"}});
  }
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::make_unique<Impl>(metrics, access, *std::move(sockets))));
}

int MetricsEndpoint::bound_port() const { return impl_->sockets.port; }

}  // namespace stateserver::transport
