// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/proxied_caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "absl/strings/escaping.h"

namespace stateserver::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ProxiedPeer, IsAnAddressOrUnknown) {
  EXPECT_EQ(ProxiedPeer("10.0.0.7:51812"), "10.0.0.7:51812");
  EXPECT_EQ(ProxiedPeer("[2001:db8::1]:51812"), "[2001:db8::1]:51812");
  EXPECT_EQ(ProxiedPeer("2001:db8::1:51812"), "[2001:db8::1]:51812");
  for (std::string_view other :
       {std::string_view(""), std::string_view("10.0.0.7"), std::string_view("10.0.0:7"),
        std::string_view("host:7"), std::string_view("10.0.0.7:x"), std::string_view("unix"),
        std::string_view("\n:1"), std::string_view("10.0.0.7\0x:1", 12)}) {
    EXPECT_EQ(ProxiedPeer(other), "unknown") << other;
  }
}

// Returns a certificate with one alternative name of the type DNS and a common name, signed by its
// own key.
std::string Certificate(const std::string& dns_name, const std::string& common_name) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 60);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), NID_commonName,
                             MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  ASN1_STRING_set(text, dns_name.data(), static_cast<int>(dns_name.size()));
  GENERAL_NAME_set0_value(name, GEN_DNS, text);
  sk_GENERAL_NAME_push(names, name);
  X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
  GENERAL_NAMES_free(names);
  X509_sign(certificate.get(), key.get(), nullptr);
  unsigned char* der = nullptr;
  int length = i2d_X509(certificate.get(), &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(length));
  OPENSSL_free(der);
  return out;
}

TEST(ProxiedNames, AreThoseOfTheCertificate) {
  std::string der = Certificate("db.example.com", "anna");
  std::string base64 = absl::Base64Escape(absl::string_view(der));
  EXPECT_THAT(ProxiedNames(base64), ElementsAre("dns:db.example.com", "cn:anna"));
  EXPECT_THAT(ProxiedNames(""), IsEmpty());
  EXPECT_THAT(ProxiedNames("?"), IsEmpty());
  EXPECT_THAT(ProxiedNames("AAAA"), IsEmpty());
}

}  // namespace
}  // namespace stateserver::transport
