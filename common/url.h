// SPDX-License-Identifier: Apache-2.0
//
// URLs in the configuration, logs and messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stateserver {

// HttpUrl holds the parts of a URL that decide where a request goes.
struct HttpUrl {
  bool https = false;
  std::string host;  // lower case; an IPv6 address without brackets
};

// Parses a URL that begins with "http://" or "https://". Accepts only hosts that every parser reads
// in the same way: an IPv4 address, an IPv6 address in brackets, or a name of letters, digits, '.',
// '_' and '-'. Returns nullopt for any other text, also if a '@', '/', '?' or '#' in the password
// is not encoded.
std::optional<HttpUrl> ParseHttpUrl(std::string_view url);

// Returns the URL without user, password, query and fragment, each of which may contain a secret.
// Where they are not certain to be told apart from the rest, only the scheme is left:
// "https://***".
std::string UrlWithoutSecrets(std::string_view url);

}  // namespace stateserver
