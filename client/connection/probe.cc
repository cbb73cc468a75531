// SPDX-License-Identifier: Apache-2.0

#include "client/connection/probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "client/connection/channel.h"
#include "common/network_address.h"

namespace stateserver::client {
namespace {

constexpr int kStepTimeoutMs = 2'000;

// Parses "host:port", "[::1]:port" and "dns:///host:port". Returns nullopt without a port.
std::optional<HostPort> ParseTarget(std::string address) {
  for (const char* scheme : {"dns:///", "dns:", "ipv4:"}) {
    if (address.starts_with(scheme)) {
      address.erase(0, std::strlen(scheme));
      break;
    }
  }
  HostPort parts = SplitHostPort(address);
  if (!parts.port || address.find('/') != std::string::npos) return std::nullopt;
  return parts;
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool WaitFor(int fd, short events) {
  pollfd waiting{fd, events, 0};
  return poll(&waiting, 1, kStepTimeoutMs) > 0;
}

// Returns 0 or an errno.
int Connect(int fd, const addrinfo& address) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!WaitFor(fd, POLLOUT)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// Called by OpenSSL when the server requests a client certificate.
int NoteRequest(SSL* ssl, void*) {
  SSL_set_app_data(ssl, ssl);
  return 1;
}

// Repeats `step` until it neither needs to read nor to write.
template <typename Step>
int Drive(SSL* ssl, int fd, Step step) {
  while (true) {
    ERR_clear_error();
    int result = step();
    int error = SSL_get_error(ssl, result);
    short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return result;
    if (!WaitFor(fd, events)) return -1;
  }
}

// Any alert, whatever its reason, proves that the peer uses TLS.
bool IsAlert(unsigned long error) { return ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET; }

void Prepare(SSL* ssl, const HostPort& target) {
  static constexpr unsigned char kAlpn[] = "\x02h2";
  SSL_set_alpn_protos(ssl, kAlpn, 3);
  SSL_set_tlsext_host_name(ssl, target.host.c_str());
  // The certificate is verified but not enforced, so that the handshake continues and shows what
  // else the server requires.
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, target.host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(rules, target.host.c_str(), 0);
  }
  SSL_set_cert_cb(ssl, NoteRequest, nullptr);
}

// Determines the protocol of an established connection.
ProbeResult ProbeTls(int fd, const HostPort& target, const Settings& settings) {
  using Kind = ProbeResult::Kind;
  auto context = LoadTlsFiles(settings);
  if (!context.ok()) return {Kind::kCannotTell, ""};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context->get()), SSL_free);
  SSL_set_fd(ssl.get(), fd);
  Prepare(ssl.get(), target);

  int connected = Drive(ssl.get(), fd, [&] { return SSL_connect(ssl.get()); });
  bool asked = SSL_get_app_data(ssl.get()) != nullptr;
  Kind refused = settings.tls_cert.empty() ? Kind::kWantsCertificate : Kind::kRefusesCertificate;
  if (connected != 1 && !IsAlert(ERR_peek_last_error())) return {Kind::kPlain, ""};
  if (connected == 1) {
    long verdict = SSL_get_verify_result(ssl.get());
    if (verdict != X509_V_OK) return {Kind::kUntrusted, X509_verify_cert_error_string(verdict)};
    // In TLS 1.3 the server verifies the client's certificate after the client considers the
    // handshake complete; the first read shows the result.
    char byte = 0;
    int read = Drive(ssl.get(), fd, [&] { return SSL_read(ssl.get(), &byte, 1); });
    if (read > 0 || !IsAlert(ERR_peek_last_error())) {
      // A server that only requests a certificate would continue; a request followed by a close
      // means that it was rejected.
      bool closed = read == 0 || SSL_get_error(ssl.get(), read) == SSL_ERROR_SYSCALL;
      return {asked && read <= 0 && closed ? refused : Kind::kTls, ""};
    }
  }
  return {asked ? refused : Kind::kRefusesHandshake, ""};
}

}  // namespace

ProbeResult Probe(const Settings& settings) {
  using Kind = ProbeResult::Kind;
  auto target = ParseTarget(settings.server);
  if (!target) return {Kind::kCannotTell, ""};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int resolved = getaddrinfo(target->host.c_str(), target->port->c_str(), &hints, &found);
  if (resolved != 0) return {Kind::kUnknownHost, gai_strerror(resolved)};
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  std::string detail;
  for (const addrinfo* it = addresses.get(); it != nullptr; it = it->ai_next) {
    Socket socket_(socket(it->ai_family, it->ai_socktype, it->ai_protocol));
    if (socket_.fd() < 0) continue;
    int error = Connect(socket_.fd(), *it);
    if (error == 0) return ProbeTls(socket_.fd(), *target, settings);
    detail = std::strerror(error);
  }
  return {Kind::kNoConnection, detail};
}

}  // namespace stateserver::client
