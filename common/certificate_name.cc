// SPDX-License-Identifier: Apache-2.0

#include "common/certificate_name.h"

#include <arpa/inet.h>

#include <array>

#include "common/error.h"
#include "common/principal_name.h"
#include "common/text.h"

namespace stateserver {
namespace {

constexpr std::array<std::string_view, 5> kPrefixes = {"uri:", "dns:", "email:", "ip:", "cn:"};

std::string_view PrefixOf(NameType type) { return kPrefixes[static_cast<size_t>(type)]; }

std::optional<std::string> CanonicalAddress(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  const std::string address(text);
  for (int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, address.c_str(), bytes.data()) != 1) continue;
    inet_ntop(family, bytes.data(), canonical.data(), canonical.size());
    return std::string(canonical.data());
  }
  return std::nullopt;
}

// The part before the '@' is compared exactly, the domain without case (RFC 5280, 7.5).
std::optional<std::string> CanonicalEmail(std::string_view text) {
  size_t at = text.rfind('@');
  if (at == 0 || at == text.npos || at + 1 == text.size()) return std::nullopt;
  return Cat(text.substr(0, at + 1), Lower(text.substr(at + 1)));
}

std::optional<std::string> CanonicalUri(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == 0 || colon == text.npos) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> Canonical(NameType type, std::string_view value) {
  if (!IsPrincipalName(value)) return std::nullopt;
  if (type != NameType::kCn && !IsVisibleAscii(value)) return std::nullopt;
  switch (type) {
    case NameType::kUri:
      return CanonicalUri(value);
    case NameType::kDns:
      return Lower(value);
    case NameType::kEmail:
      return CanonicalEmail(value);
    case NameType::kIp:
      return CanonicalAddress(value);
    case NameType::kCn:
      break;
  }
  return std::string(value);
}

NameType LikelyType(std::string_view text) {
  if (text.find("://") != text.npos || text.starts_with("urn:")) return NameType::kUri;
  if (CanonicalAddress(text)) return NameType::kIp;
  if (text.find('@') != text.npos) return NameType::kEmail;
  bool host =
      text.find('.') != text.npos && text.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789.-_*") == text.npos;
  return host ? NameType::kDns : NameType::kCn;
}

absl::Status InvalidName(std::string_view what) { return Error(Reason::ARGUMENT_INVALID, what); }

}  // namespace

std::optional<std::string> CertificateName(NameType type, std::string_view value) {
  std::optional<std::string> canonical = Canonical(type, value);
  if (!canonical) return std::nullopt;
  return Cat(PrefixOf(type), *canonical);
}

absl::StatusOr<std::string> ParseCertificateName(std::string_view text) {
  for (size_t i = 0; i < kPrefixes.size(); ++i) {
    if (!text.starts_with(kPrefixes[i])) continue;
    const auto type = static_cast<NameType>(i);
    std::string_view value = text.substr(kPrefixes[i].size());
    if (type == NameType::kDns && value.find('*') != value.npos) {
      return InvalidName(Cat("'", text, "' has a wildcard; write each DNS name in full"));
    }
    if (auto name = CertificateName(type, value)) return *name;
    constexpr std::array<std::string_view, 5> kExpected = {"a URI such as spiffe://example.com/ci",
                                                           "a DNS name", "an e-mail address",
                                                           "one IP address", "a common name"};
    return InvalidName(Cat("'", text, "': expected ", kExpected[i], " behind ", kPrefixes[i]));
  }
  return InvalidName(
      Cat("'", text,
          "' does not say which kind of name it is; begin it with uri:, dns:, email:, "
          "ip: or cn:. Did you mean '",
          PrefixOf(LikelyType(text)), text, "'?"));
}

}  // namespace stateserver
