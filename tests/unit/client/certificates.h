// SPDX-License-Identifier: Apache-2.0
//
// Certificates for tests, made on the spot.
#pragma once

#include <string>

namespace stateserver::client {

struct Certificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// A certificate authority, or with `issuer` a certificate that it signed for the
// `hosts`.
Certificate MakeCertificate(const std::string& name, const Certificate* issuer = nullptr,
                            const std::string& hosts = "DNS:localhost,IP:127.0.0.1");

}  // namespace stateserver::client
