// SPDX-License-Identifier: Apache-2.0
//
// The names in clients' certificates.
#pragma once

#include <openssl/types.h>

#include <string>
#include <vector>

namespace stateserver::transport {

// Returns the names in a certificate, in the form of common/certificate_name.h: URIs, DNS names,
// e-mail addresses, IP addresses, then common names. Omits a name that is not valid for its type,
// for example one with a NUL, and other types of subject alternative names.
std::vector<std::string> NamesOf(const X509* certificate);

// Returns the names in the client's verified certificate. Empty without one.
std::vector<std::string> VerifiedNames(SSL* tls);

// Returns the names in a DER certificate that a third party has verified. Empty if `der` is not
// exactly one certificate.
std::vector<std::string> NamesInCertificate(const std::string& der);

}  // namespace stateserver::transport
