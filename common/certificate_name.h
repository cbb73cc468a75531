// SPDX-License-Identifier: Apache-2.0
//
// The names in X.509 certificates, each with its type: "uri:spiffe://example.com/ci",
// "dns:ci.example.com", "email:ci@example.com", "ip:10.0.0.7", "cn:ci".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver {

// NameType is the type of a subject alternative name, or kCn for a common name. The order is the
// order of precedence: the first name of a certificate is the name of its principal.
enum class NameType { kUri, kDns, kEmail, kIp, kCn };

// Returns the canonical form of a name: its prefix and its value. Equal names have equal forms, and
// names of different types never do. DNS names and the domain of an e-mail address are in lower
// case, IP addresses in the form of inet_ntop; URIs and common names are unchanged. Returns nullopt
// for a value that is not a name of this type: among others an empty one, one of more than 256
// bytes, and one with a NUL or another control character.
std::optional<std::string> CertificateName(NameType type, std::string_view value);

// Parses a name that a person wrote, with its prefix, and returns its canonical form. Returns
// ARGUMENT_INVALID that names the five prefixes and suggests one if there is none.
absl::StatusOr<std::string> ParseCertificateName(std::string_view text);

}  // namespace stateserver
