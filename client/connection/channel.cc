// SPDX-License-Identifier: Apache-2.0

#include "client/connection/channel.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include "client/errors.h"
#include "common/network_address.h"
#include "common/regular_file.h"
#include "common/text.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace stateserver::client {

namespace {

// Longer than the five minutes that servers require between pings by default.
constexpr int kKeepaliveMs = 310'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

absl::StatusOr<std::string> ReadPem(const char* flag, const std::string& path) {
  if (path.empty()) return std::string();
  auto text = ReadRegularFile(path, kMaxPemBytes);
  if (text.ok()) return text;
  return ClientError(ClientReason::SETTINGS_INVALID,
                     Cat("Invalid value for ", flag, ": '", path,
                         "' cannot be read: ", MessageOf(text.status()), "."));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const Settings& settings) {
  if (!settings.tls()) return grpc::InsecureChannelCredentials();
  RETURN_IF_ERROR(LoadTlsFiles(settings).status());
  grpc::SslCredentialsOptions options;
  ASSIGN_OR_RETURN(options.pem_root_certs, ReadPem("--tls-ca", settings.tls_ca));
  ASSIGN_OR_RETURN(options.pem_cert_chain, ReadPem("--tls-cert", settings.tls_cert));
  ASSIGN_OR_RETURN(options.pem_private_key, ReadPem("--tls-key", settings.tls_key));
  return grpc::SslCredentials(options);
}

absl::Status Bad(const char* flag, const std::string& file, const char* what) {
  ERR_clear_error();
  return ClientError(ClientReason::SETTINGS_INVALID,
                     Cat("Invalid value for ", flag, ": '", file, "' ", what));
}

// Returns true if every address of the name, as this machine resolves it, is on the loopback.
bool ResolvesToLoopback(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return false;
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(it->ai_addr, it->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0 ||
        !IsLoopbackHost(text.data())) {
      return false;
    }
  }
  return true;
}

bool IsLoopbackTarget(std::string_view address) {
  const HostPort parts = SplitHostPort(address);
  if (!IsLoopbackHost(parts.host)) return false;
  return !EqualIgnoringCase(parts.host, "localhost") || ResolvesToLoopback(parts.host);
}

absl::Status CheckToken(const Settings& settings) {
  if (settings.token.empty() || settings.tls() || settings.plaintext_token ||
      IsOnThisMachine(settings.server)) {
    return absl::OkStatus();
  }
  return ClientError(
      ClientReason::SETTINGS_INVALID,
      Cat("The token is not sent to '", settings.server,
          "': without TLS, others on the network could read it."),
      "Use TLS with --tls-ca FILE. If the network is trusted, give --plaintext-token allow, or set "
      "STATESERVER_PLAINTEXT_TOKEN=allow.");
}

// gRPC cannot ask for a pass phrase, so none is read from the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

bool IsOnThisMachine(const std::string& server) {
  std::string_view rest = server;
  if (rest.starts_with("unix:") || rest.starts_with("unix-abstract:")) return true;
  // With "dns://HOST/", that host resolves the name.
  for (std::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (!rest.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    break;
  }
  if (rest.find('/') != rest.npos) return false;
  // Schemes with addresses accept a list.
  while (true) {
    size_t comma = rest.find(',');
    if (!IsLoopbackTarget(rest.substr(0, comma))) return false;
    if (comma == rest.npos) return true;
    rest.remove_prefix(comma + 1);
  }
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const Settings& settings) {
  RETURN_IF_ERROR(CheckToken(settings));
  ASSIGN_OR_RETURN(auto credentials, Credentials(settings));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // Retries a restarting server soon, to learn the outcome of an operation.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  // Despite its name, this is the maximum duration of one attempt, including the TLS handshake.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // A state server is on the internal network. The environment's web proxy is ignored unless it is
  // set for gRPC. A server on this machine is never reached through another one.
  if (std::getenv("grpc_proxy") == nullptr || IsOnThisMachine(settings.server)) {
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  }
  // By default, channels of one process share connections. A fresh client must see a server's new
  // certificate.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(settings.server, credentials, arguments);
}

void FreeSslContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

absl::StatusOr<SslContext> LoadTlsFiles(const Settings& settings) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return ClientError(ClientReason::TLS_FAILED, "OpenSSL does not start.");
  SSL_CTX_set_default_passwd_cb(context.get(), NoPassphrase);
  if (settings.tls_ca.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_locations(context.get(), settings.tls_ca.c_str(), nullptr) != 1) {
    return Bad("--tls-ca", settings.tls_ca, "holds no certificate in PEM form.");
  }
  if (settings.tls_cert.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(context.get(), settings.tls_cert.c_str()) != 1) {
    return Bad("--tls-cert", settings.tls_cert, "holds no certificate in PEM form.");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), settings.tls_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH) {
      return Bad("--tls-key", settings.tls_key, "is not the key of the certificate in --tls-cert.");
    }
    return Bad("--tls-key", settings.tls_key, "holds no unencrypted private key in PEM form.");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return Bad("--tls-key", settings.tls_key, "is not the key of the certificate in --tls-cert.");
  }
  return context;
}

}  // namespace stateserver::client
