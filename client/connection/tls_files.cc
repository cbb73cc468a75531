// SPDX-License-Identifier: Apache-2.0

#include "client/connection/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

absl::Status Bad(const char* flag, const std::string& file, const char* what) {
  ERR_clear_error();
  return ClientError(ClientReason::SETTINGS_INVALID,
                     Cat("Invalid value for ", flag, ": '", file, "' ", what));
}

// gRPC cannot ask for a pass phrase, so neither is one read from the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

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
