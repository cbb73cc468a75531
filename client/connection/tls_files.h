// SPDX-License-Identifier: Apache-2.0
//
// The files of --tls-ca, --tls-cert and --tls-key, looked at before gRPC does:
// it only says "handshake failed" of a bad one.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/settings/settings.h"

struct ssl_ctx_st;

namespace stateserver::client {

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
