// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/password_output.h"

#include <gtest/gtest.h>

#include "common/error.h"

namespace stateserver::postgres {
namespace {

std::string Parsed(std::string_view output) {
  auto printed = ParsePassword(output);
  return printed.ok() ? printed->text : "error: " + std::string(MessageOf(printed.status()));
}

std::string ExpiryOf(std::string_view output) {
  auto printed = ParsePassword(output);
  if (!printed.ok()) return "error: " + std::string(MessageOf(printed.status()));
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", printed->expires, absl::UTCTimeZone());
}

TEST(ParsePassword, TakesOneLine) {
  EXPECT_EQ(Parsed("secret\n"), "secret");
  EXPECT_EQ(Parsed("secret"), "secret");
  EXPECT_EQ(Parsed(" with blanks \r\n"), " with blanks ");
  EXPECT_EQ(Parsed("db:5432/?Action=connect&DBUser=u&X-Amz-Expires=900\n"),
            "db:5432/?Action=connect&DBUser=u&X-Amz-Expires=900");
  EXPECT_EQ(ParsePassword("secret")->expires, absl::InfiniteFuture());
}

TEST(ParsePassword, TakesTheObjectsOfCloudClients) {
  // `az account get-access-token`: expires_on is precise, expiresOn is local time.
  constexpr char kAzure[] = R"({"accessToken": "a.b.c", "expiresOn": "2020-01-01 00:00:00.000000",
      "expires_on": 1790000000, "subscription": "s", "tenant": "t", "tokenType": "Bearer"})";
  EXPECT_EQ(Parsed(kAzure), "a.b.c");
  EXPECT_EQ(ExpiryOf(kAzure), "2026-09-21T14:13:20Z");
  // `gcloud auth print-access-token --format=json`: a time without a zone is UTC.
  constexpr char kGoogle[] = R"({"expired": false, "expiry": {"day": 22, "datetime":
      "2026-11-22 10:03:00.123456", "year": 2026}, "token": "ya29.x", "valid": true})";
  EXPECT_EQ(Parsed(kGoogle), "ya29.x");
  EXPECT_EQ(ExpiryOf(kGoogle), "2026-11-22T10:03:00Z");
  constexpr char kOwn[] = R"({"password": "p", "expires_at": "2026-11-22T12:03:00+02:00"})";
  EXPECT_EQ(Parsed(kOwn), "p");
  EXPECT_EQ(ExpiryOf(kOwn), "2026-11-22T10:03:00Z");
  EXPECT_EQ(ExpiryOf(R"({"token": "p", "expiration": "2026-11-22T10:03:00Z"})"),
            "2026-11-22T10:03:00Z");
  EXPECT_EQ(ExpiryOf(R"({"token": "p", "expires_on": "1790000000"})"), "2026-09-21T14:13:20Z");
  EXPECT_EQ(ParsePassword(R"({"token": "p", "expiry": null})")->expires, absl::InfiniteFuture());
}

TEST(ParsePassword, AnAmbiguousTimeOfAzureIsLocal) {
  auto printed = ParsePassword(R"({"accessToken": "p", "expiresOn": "2026-07-01 10:00:00.5"})");
  ASSERT_TRUE(printed.ok());
  EXPECT_EQ(absl::FormatTime("%Y-%m-%d %H:%M:%S", printed->expires, absl::LocalTimeZone()),
            "2026-07-01 10:00:00");
}

TEST(ParsePassword, RefusesEverythingElseWithoutRepeatingIt) {
  EXPECT_EQ(Parsed(""), "error: nothing");
  EXPECT_EQ(Parsed("\n\n"), "error: nothing");
  EXPECT_EQ(Parsed("hush1\nhush2\n"), "error: more than one line");
  EXPECT_EQ(Parsed("hush\tx"), "error: a line with control characters");
  EXPECT_EQ(Parsed("{\"token\": \"hush\""),
            "error: a line that begins with '{' but is not a JSON object");
  EXPECT_EQ(Parsed("{\"secret\": \"hush\"}"),
            "error: a JSON object without a text 'password', 'token' or 'accessToken'");
  EXPECT_EQ(Parsed("{\"token\": \"hush\", \"expires_at\": \"soon\"}"),
            "error: a JSON object whose 'expires_at' is not a time");
  EXPECT_EQ(Parsed("{\"token\": \"hush\\nhush\"}"), "error: more than one line");
}

TEST(FirstLineWithoutSecrets, HidesSecrets) {
  EXPECT_EQ(FirstLineWithoutSecrets("\n  ERROR: no account\nmore\n", {}), "ERROR: no account");
  EXPECT_EQ(FirstLineWithoutSecrets("got hunter2, hunter2!", {"hunter2"}), "got ***, ***!");
  EXPECT_EQ(FirstLineWithoutSecrets("login password=hunter2 failed", {}),
            "login password=*** failed");
  EXPECT_EQ(FirstLineWithoutSecrets("{\"token\": \"hunter2\"}", {}), "{\"token\": \"***\"}");
  EXPECT_EQ(FirstLineWithoutSecrets("bad eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", {}), "bad ***");
  EXPECT_EQ(FirstLineWithoutSecrets("the token has expired", {}), "the token has expired");
  EXPECT_EQ(FirstLineWithoutSecrets("a\x1b[31mb", {}), "a [31mb");
  EXPECT_LE(FirstLineWithoutSecrets(std::string(5000, '!'), {}).size(), 300u);
  EXPECT_EQ(FirstLineWithoutSecrets("", {}), "");
}

}  // namespace
}  // namespace stateserver::postgres
