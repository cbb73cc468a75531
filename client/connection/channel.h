// SPDX-License-Identifier: Apache-2.0
//
// The channel to the server: transport security and limits. Internal to
// connection/.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/settings/settings.h"
#include "grpcpp/channel.h"

struct ssl_ctx_st;

namespace stateserver::client {

// The largest message taken; the server sends none above 1 MiB.
inline constexpr int kMaxMessageBytes = 8 << 20;

// Does not connect yet. Errors: a TLS file that does not hold what it should.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const Settings& settings);

// The files of --tls-ca, --tls-cert and --tls-key, looked at before gRPC does:
// it only says "handshake failed" of a bad one.

struct FreeSslContext {
  void operator()(ssl_ctx_st* context) const;
};
using SslContext = std::unique_ptr<ssl_ctx_st, FreeSslContext>;

// A client context of OpenSSL with those files loaded. Errors name the file and
// what is wrong with it: no PEM, encrypted key, key of another certificate.
absl::StatusOr<SslContext> LoadTlsFiles(const Settings& settings);

inline absl::Status CheckTlsFiles(const Settings& settings) {
  return LoadTlsFiles(settings).status();
}

}  // namespace stateserver::client
