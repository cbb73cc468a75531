// SPDX-License-Identifier: Apache-2.0

#include "common/url.h"

#include "gtest/gtest.h"

namespace stateserver {
namespace {

TEST(UrlWithoutSecrets, KeepsWhereItLeads) {
  EXPECT_EQ(UrlWithoutSecrets("https://login.example.com:8443/keys"),
            "https://login.example.com:8443/keys");
  EXPECT_EQ(UrlWithoutSecrets("http://127.0.0.1"), "http://127.0.0.1");
}

TEST(UrlWithoutSecrets, LeavesOutWhatMayBeSecret) {
  EXPECT_EQ(UrlWithoutSecrets("https://user:pw@host/keys"), "https://host/keys");
  EXPECT_EQ(UrlWithoutSecrets("https://user:p@w/d@host/keys"), "https://host/keys");
  EXPECT_EQ(UrlWithoutSecrets("https://host/keys?code=pw#pw"), "https://host/keys");
  EXPECT_EQ(UrlWithoutSecrets("user:pw@host"), "host");
}

TEST(UrlWithoutSecrets, ShowsOnlyTheSchemeWhereAPasswordIsNotEncoded) {
  for (const char* url :
       {"https://user:p?w@host/keys", "https://user:p#w@host/keys", "https://user:p w/keys",
        "https://host/keys?next=a@S3CRET", "https://user:pw", "https://[user:pw]/x"}) {
    EXPECT_EQ(UrlWithoutSecrets(url), "https://***") << url;
  }
}

TEST(HttpUrl, NamesTheHostThatIsAsked) {
  struct Case {
    const char* url;
    bool https;
    const char* host;
  };
  for (const Case& it :
       {Case{"https://Login.Example.com:8443/keys?x=1", true, "login.example.com"},
        Case{"http://user:pw@127.0.0.1/keys", false, "127.0.0.1"},
        Case{"http://[::1]:80/keys", false, "::1"}, Case{"http://localhost", false, "localhost"}}) {
    auto url = ParseHttpUrl(it.url);
    ASSERT_TRUE(url.has_value()) << it.url;
    EXPECT_EQ(url->https, it.https);
    EXPECT_EQ(url->host, it.host);
  }
}

TEST(HttpUrl, AHostThatParsersMayReadDifferentlyIsNone) {
  for (const char* url :
       {"ftp://host/", "host/keys", "https://", "https://:443/", "https://host:x/",
        "http://127.0.0.1\\@elsewhere/", "http://a@127.0.0.1@elsewhere/", "http://127.0.0.1 /",
        "http://%31/", "http://[::1/", "http://::1/", "https://user:pa?ss@host/",
        "https://h\xc3\xb6st/", "HTTPS://host/"}) {
    EXPECT_FALSE(ParseHttpUrl(url).has_value()) << url;
  }
}

TEST(UrlWithoutSecrets, HidesWhatPrecedesSomethingElseThanAScheme) {
  EXPECT_EQ(UrlWithoutSecrets("user:pw@://host"), "***");
  EXPECT_EQ(UrlWithoutSecrets("user:p://w@host"), "host");
}

}  // namespace
}  // namespace stateserver
