// SPDX-License-Identifier: Apache-2.0

#include "common/url.h"

#include <arpa/inet.h>

#include <array>

#include "common/network_address.h"
#include "common/principal_name.h"
#include "common/text.h"

namespace stateserver {
namespace {

bool IsHostName(std::string_view host) {
  return !host.empty() && Lower(host).find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
}

// Returns the host of "host", "host:port" or "[IPv6]:port".
std::optional<std::string> HostOf(std::string_view authority) {
  HostPort parts = SplitHostPort(authority);
  if (parts.port && !IsPort(*parts.port)) return std::nullopt;
  if (!parts.bracketed) {
    return IsHostName(parts.host) ? std::optional(Lower(parts.host)) : std::nullopt;
  }
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET6, parts.host.c_str(), bytes.data()) != 1) return std::nullopt;
  return Lower(parts.host);
}

bool IsScheme(std::string_view text) {
  return Lower(text).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") ==
         std::string::npos;
}

}  // namespace

std::optional<HttpUrl> ParseHttpUrl(std::string_view url) {
  HttpUrl out;
  out.https = url.starts_with("https://");
  if (!out.https && !url.starts_with("http://")) return std::nullopt;
  if (!IsVisibleAscii(url) || url.find('\\') != url.npos) return std::nullopt;
  std::string_view rest = url.substr(url.find("://") + 3);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  std::string_view user = authority.substr(0, authority.find('@'));
  if (user.size() < authority.size()) authority.remove_prefix(user.size() + 1);
  std::optional<std::string> host = HostOf(authority);
  if (!host) return std::nullopt;
  out.host = *std::move(host);
  return out;
}

std::string UrlWithoutSecrets(std::string_view url) {
  const size_t scheme = url.find("://");
  // Text before "://" that is not a scheme may contain a secret.
  const size_t start = scheme == url.npos || !IsScheme(url.substr(0, scheme)) ? 0 : scheme + 3;
  const std::string hidden = Cat(url.substr(0, start), "***");
  const size_t end = url.find_first_of("?#", start);
  // An '@' behind a '?' or '#' may end a password that is not encoded.
  if (end != url.npos && url.find('@', end) != url.npos) return hidden;
  std::string_view rest = url.substr(start, end == url.npos ? url.npos : end - start);
  // Uses the last @, because a password may contain an unencoded @ or slash.
  if (size_t at = rest.rfind('@'); at != rest.npos) rest.remove_prefix(at + 1);
  if (!HostOf(rest.substr(0, rest.find('/')))) return hidden;
  return Cat(url.substr(0, start), rest);
}

}  // namespace stateserver
