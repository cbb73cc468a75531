// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/certificate_names.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "common/certificate_name.h"
#include "server/rpc/transport/openssl_pointers.h"

namespace stateserver::transport {
namespace {

using TypedNames = std::vector<std::pair<NameType, std::string>>;

void AddName(NameType type, const unsigned char* data, int length, TypedNames* names) {
  if (data == nullptr || length <= 0) return;
  std::string_view value(reinterpret_cast<const char*>(data), static_cast<size_t>(length));
  if (auto name = CertificateName(type, value)) names->emplace_back(type, *std::move(name));
}

void AddAddress(const ASN1_OCTET_STRING* address, TypedNames* names) {
  int length = ASN1_STRING_length(address);
  if (length != 4 && length != 16) return;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text.data(),
            text.size());
  if (auto name = CertificateName(NameType::kIp, text.data())) {
    names->emplace_back(NameType::kIp, *std::move(name));
  }
}

std::optional<NameType> TypeOf(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_URI:
      return NameType::kUri;
    case GEN_DNS:
      return NameType::kDns;
    case GEN_EMAIL:
      return NameType::kEmail;
    default:
      return std::nullopt;
  }
}

void AddAlternativeNames(const X509* certificate, TypedNames* names) {
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_IPADD) {
      AddAddress(name->d.iPAddress, names);
    } else if (auto type = TypeOf(*name)) {
      AddName(*type, ASN1_STRING_get0_data(name->d.ia5), ASN1_STRING_length(name->d.ia5), names);
    }
  }
  GENERAL_NAMES_free(all);
}

void AddCommonNames(const X509* certificate, TypedNames* names) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    unsigned char* utf8 = nullptr;
    int length = ASN1_STRING_to_UTF8(&utf8, text);
    AddName(NameType::kCn, utf8, length, names);
    OPENSSL_free(utf8);
  }
}

}  // namespace

std::vector<std::string> NamesOf(const X509* certificate) {
  TypedNames names;
  AddAlternativeNames(certificate, &names);
  AddCommonNames(certificate, &names);
  ERR_clear_error();
  std::stable_sort(names.begin(), names.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (auto& [type, name] : names) out.push_back(std::move(name));
  return out;
}

std::vector<std::string> VerifiedNames(SSL* tls) {
  X509Ptr certificate(SSL_get1_peer_certificate(tls));
  if (certificate == nullptr || SSL_get_verify_result(tls) != X509_V_OK) return {};
  return NamesOf(certificate.get());
}

std::vector<std::string> NamesInCertificate(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = bytes + der.size();
  X509Ptr certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  ERR_clear_error();
  if (certificate == nullptr || bytes != end) return {};
  return NamesOf(certificate.get());
}

}  // namespace stateserver::transport
