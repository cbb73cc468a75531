// SPDX-License-Identifier: Apache-2.0
//
// TLS as the server speaks it.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/rpc/transport/tls_files.h"

namespace stateserver::transport {

using TlsContextPtr = std::shared_ptr<SSL_CTX>;

// Whether clients must show a certificate, if there is a `client_ca` to check it with.
enum class ClientCertificates { kRequired, kOptional };

// TLS 1.2 and 1.3 with ECDHE and AES-GCM or ChaCha20, HTTP/2 by ALPN alone, without
// sessions to resume and without renegotiation. ARGUMENT_INVALID where OpenSSL does not
// take the contents.
absl::StatusOr<TlsContextPtr> MakeTlsContext(const TlsContents& contents,
                                             ClientCertificates clients);

// Returns true if the client asked for HTTP/2 in the handshake that has ended.
bool NegotiatedHttp2(SSL* tls);

// The names in the client's verified certificate: subject alternative names of the types
// DNS, URI, e-mail and IP, then the common name. Empty without a certificate. Names
// that hold a NUL are left out.
std::vector<std::string> VerifiedNames(SSL* tls);

// The same, of a certificate in DER that somebody else has verified. Empty where it is
// not one.
std::vector<std::string> NamesInCertificate(const std::string& der);

}  // namespace stateserver::transport
