// SPDX-License-Identifier: Apache-2.0
//
// The channel to the server: transport security and limits. Only for use inside connection/.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "client/settings/settings.h"
#include "grpcpp/channel.h"

struct ssl_ctx_st;

namespace stateserver::client {

// Maximum size of a received message; the server sends none above 1 MiB.
inline constexpr int kMaxMessageBytes = 8 << 20;

// Returns true if the address of a server leads to this machine: a unix socket, an address of
// 127.0.0.0/8, ::1, or the name "localhost" if it resolves to such addresses. Returns false if that
// is not certain, for example for a name that a server of names resolves.
bool IsOnThisMachine(const std::string& server);

// Creates a channel without connecting. Returns an error for an invalid TLS file, and if the token
// would be sent without TLS to another machine.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const Settings& settings);

// FreeSslContext is the deleter of SslContext, which owns a context of OpenSSL.
struct FreeSslContext {
  void operator()(ssl_ctx_st* context) const;
};
using SslContext = std::unique_ptr<ssl_ctx_st, FreeSslContext>;

// Returns a client context of OpenSSL with the files of --tls-ca, --tls-cert and --tls-key loaded.
// gRPC reports invalid files only as "handshake failed"; errors here name the file and the problem:
// not PEM, an encrypted key, or the key of another certificate.
absl::StatusOr<SslContext> LoadTlsFiles(const Settings& settings);

}  // namespace stateserver::client
