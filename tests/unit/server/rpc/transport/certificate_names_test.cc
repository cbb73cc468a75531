// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/certificate_names.h"

#include <openssl/x509v3.h>

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/transport/openssl_pointers.h"

namespace stateserver::transport {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Adds a name with any bytes, as an authority could.
void AddAlternative(GENERAL_NAMES* names, int type, const std::string& bytes) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* value =
      ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size()));
  GENERAL_NAME_set0_value(name, type, value);
  sk_GENERAL_NAME_push(names, name);
}

class CertificateNamesTest : public testing::Test {
 protected:
  void AddCommonName(const std::string& bytes) {
    X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate_.get()), NID_commonName,
                               V_ASN1_UTF8STRING,
                               reinterpret_cast<const unsigned char*>(bytes.data()),
                               static_cast<int>(bytes.size()), -1, 0);
  }

  void AddAlternatives(const std::vector<std::pair<int, std::string>>& alternatives) {
    GENERAL_NAMES* names = sk_GENERAL_NAME_new_null();
    for (const auto& [type, bytes] : alternatives) AddAlternative(names, type, bytes);
    X509_add1_ext_i2d(certificate_.get(), NID_subject_alt_name, names, 0, X509V3_ADD_APPEND);
    GENERAL_NAMES_free(names);
  }

  std::vector<std::string> Names() const { return NamesOf(certificate_.get()); }

  X509Ptr certificate_{X509_new()};
};

TEST_F(CertificateNamesTest, HaveTheirTypesAndAnOrder) {
  AddCommonName("token:anna");
  AddAlternatives({{GEN_IPADD, std::string("\x0a\0\0\x07", 4)},
                   {GEN_EMAIL, "Anna@Example.com"},
                   {GEN_DNS, "CI.example.com"},
                   {GEN_URI, "spiffe://a/second"},
                   {GEN_URI, "spiffe://a/ci"},
                   {GEN_DNS, "other.example.com"}});
  EXPECT_THAT(Names(), ElementsAre("uri:spiffe://a/second", "uri:spiffe://a/ci",
                                   "dns:ci.example.com", "dns:other.example.com",
                                   "email:Anna@example.com", "ip:10.0.0.7", "cn:token:anna"));
}

TEST_F(CertificateNamesTest, InvalidTextIsNoName) {
  AddCommonName("anna\n");
  AddAlternatives({{GEN_DNS, std::string("ci.example.com\0.evil.example", 28)},
                   {GEN_URI, "spiffe://a/ci\r\n"},
                   {GEN_EMAIL, "nobody"},
                   {GEN_DNS, "caf\xc3\xa9"},
                   {GEN_DNS, ""},
                   {GEN_URI, "spiffe://a/" + std::string(300, 'x')},
                   {GEN_IPADD, "12345"}});
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(CertificateNamesTest, AreThoseOfExactlyOneCertificate) {
  EXPECT_THAT(NamesInCertificate(""), IsEmpty());
  EXPECT_THAT(NamesInCertificate("no certificate"), IsEmpty());
}

}  // namespace
}  // namespace stateserver::transport
