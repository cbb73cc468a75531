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

}  // namespace
}  // namespace stateserver
