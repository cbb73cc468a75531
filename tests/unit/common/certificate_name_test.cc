// SPDX-License-Identifier: Apache-2.0

#include "common/certificate_name.h"

#include <string>

#include "common/error.h"
#include "common/principal_name.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver {
namespace {

using testing::HasSubstr;

TEST(CertificateName, HasItsTypeAndOneFormForEqualNames) {
  EXPECT_EQ(CertificateName(NameType::kUri, "spiffe://a/CI"), "uri:spiffe://a/CI");
  EXPECT_EQ(CertificateName(NameType::kDns, "CI.Example.com"), "dns:ci.example.com");
  EXPECT_EQ(CertificateName(NameType::kEmail, "Anna@Example.COM"), "email:Anna@example.com");
  EXPECT_EQ(CertificateName(NameType::kIp, "2001:DB8:0::1"), "ip:2001:db8::1");
  EXPECT_EQ(CertificateName(NameType::kIp, "10.0.0.7"), "ip:10.0.0.7");
  EXPECT_EQ(CertificateName(NameType::kCn, "Anna Example"), "cn:Anna Example");
  EXPECT_EQ(CertificateName(NameType::kCn, "uri:spiffe://a/ci"), "cn:uri:spiffe://a/ci");
}

TEST(CertificateName, AValueThatIsNotOfTheTypeIsNone) {
  const std::string nul("ci\0.example.com", 15);
  for (NameType type : {NameType::kUri, NameType::kDns, NameType::kEmail, NameType::kIp}) {
    for (const std::string& bad : {std::string(), nul, std::string("a b"), std::string("a\nb"),
                                   std::string("h\xc3\xa9"), std::string(257, 'a')}) {
      EXPECT_EQ(CertificateName(type, bad), std::nullopt) << bad;
    }
  }
  for (const std::string& bad : {std::string(), nul, std::string("a\nb"), std::string("\xff"),
                                 std::string(" a"), std::string("a\xc2\x9bm")}) {
    EXPECT_EQ(CertificateName(NameType::kCn, bad), std::nullopt) << bad;
  }
  EXPECT_EQ(CertificateName(NameType::kIp, "10.0.0.0/8"), std::nullopt);
  EXPECT_EQ(CertificateName(NameType::kIp, "10.1"), std::nullopt);
  EXPECT_EQ(CertificateName(NameType::kUri, "no-scheme"), std::nullopt);
  EXPECT_EQ(CertificateName(NameType::kEmail, "@example.com"), std::nullopt);
}

TEST(CertificateName, IsReadWithItsPrefix) {
  EXPECT_EQ(*ParseCertificateName("dns:CI.example.com"), "dns:ci.example.com");
  EXPECT_EQ(*ParseCertificateName("ip:::1"), "ip:::1");
  EXPECT_EQ(*ParseCertificateName("cn:token:anna"), "cn:token:anna");
}

TEST(CertificateName, WithoutAPrefixTheLikelyOneIsSuggested) {
  struct Case {
    const char* text;
    const char* meant;
  };
  for (const Case& it : {Case{"spiffe://example.com/ci", "uri:spiffe://example.com/ci"},
                         Case{"ci.example.com", "dns:ci.example.com"},
                         Case{"anna@example.com", "email:anna@example.com"},
                         Case{"10.0.0.7", "ip:10.0.0.7"}, Case{"2001:db8::1", "ip:2001:db8::1"},
                         Case{"anna", "cn:anna"}, Case{"DNS:ci", "cn:DNS:ci"}}) {
    absl::Status status = ParseCertificateName(it.text).status();
    EXPECT_EQ(ReasonOf(status), Reason::ARGUMENT_INVALID) << it.text;
    std::string message(status.message());
    EXPECT_THAT(message, HasSubstr("uri:, dns:, email:, ip: or cn:"));
    EXPECT_THAT(message, HasSubstr(std::string("Did you mean '") + it.meant + "'?"));
  }
}

TEST(CertificateName, WrongValuesAreExplained) {
  EXPECT_THAT(std::string(ParseCertificateName("dns:*.example.com").status().message()),
              HasSubstr("wildcard"));
  EXPECT_THAT(std::string(ParseCertificateName("ip:10.0.0.0/8").status().message()),
              HasSubstr("expected one IP address behind ip:"));
  EXPECT_FALSE(ParseCertificateName("cn:").ok());
}

TEST(PrincipalName, IsOneLineOfVisibleText) {
  for (const char* good :
       {"anna", "it's \"her\": #1", "J\xc3\xbcrgen M\xc3\xbcller", "\xe5\xae\x89"}) {
    EXPECT_TRUE(IsPrincipalName(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string("a\x7f"),
        std::string("\x1b[31m"), std::string("\xff"), std::string("a "), std::string(" a"),
        std::string("a\xc2\x85"), std::string("a\xe2\x80\xae"), std::string("a\xe2\x80\xa8"),
        std::string(257, 'x')}) {
    EXPECT_FALSE(IsPrincipalName(bad)) << bad;
  }
  EXPECT_TRUE(IsPrincipalName(std::string(256, 'x')));
}

}  // namespace
}  // namespace stateserver
