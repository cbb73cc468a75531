// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/jwt_claims.h"

#include <string>
#include <vector>

#include "common/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const absl::Time kCallTime = absl::FromUnixSeconds(1'790'000'000);

config::Jwt Expected() {
  config::Jwt jwt;
  jwt.issuer = "https://i/";
  jwt.audience = "stateserver";
  return jwt;
}

// A text that is valid without `claim`, and with it says what the test is about.
std::string Claims(const std::string& claim) {
  return R"({"iss":"https://i/","aud":"stateserver","sub":"ci","exp":1790000300)" +
         (claim.empty() ? "" : "," + claim) + "}";
}

std::string WhyRefused(const std::string& claims) {
  auto read = CheckJwtClaims(claims, Expected(), kCallTime);
  if (read.ok()) return "accepted";
  EXPECT_EQ(ReasonOf(read.status()), Reason::UNAUTHENTICATED);
  return std::string(MessageOf(read.status()));
}

TEST(JwtClaims, AreReadWhereTheyAreRight) {
  auto read = CheckJwtClaims(
      Claims(R"("groups":["data","ops"],"iat":1789999999.5,"nbf":1790000000,"x":{"a":[1,null]})"),
      Expected(), kCallTime);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->subject, "ci");
  EXPECT_THAT(read->groups, ElementsAre("data", "ops"));
  EXPECT_THAT(CheckJwtClaims(Claims(R"("groups":"data")"), Expected(), kCallTime)->groups,
              ElementsAre("data"));
  EXPECT_EQ(WhyRefused(R"({"iss":"https://i/","aud":["x","stateserver"],"sub":"ci",)"
                       R"("exp":1.7900003e9})"),
            "accepted");
}

TEST(JwtClaims, OfAWrongTypeAreRefused) {
  struct Case {
    const char* claim;
    const char* why;
  };
  for (const Case& it : {
           Case{R"("nbf":"1790000000")", "nbf is not a number of seconds"},
           Case{R"("nbf":null)", "nbf is not a number"},
           Case{R"("nbf":true)", "nbf is not a number"},
           Case{R"("nbf":[1790000000])", "nbf is not a number"},
           Case{R"("nbf":-1)", "nbf is not a number"},
           Case{R"("nbf":1e300)", "nbf is not a number"},
           Case{R"("nbf":1790009999)", "not valid yet"},
           Case{R"("iat":"now")", "iat is not a number"},
           Case{R"("iat":-0.5)", "iat is not a number"},
           Case{R"("groups":["data",7])", "groups is not a text or a list of texts"},
           Case{R"("groups":{"data":true})", "groups is not a text or a list of texts"},
           Case{R"("groups":null)", "groups is not a text or a list of texts"},
       }) {
    EXPECT_THAT(WhyRefused(Claims(it.claim)), HasSubstr(it.why)) << it.claim;
  }
}

TEST(JwtClaims, ThatAreRequiredHaveTheirType) {
  struct Case {
    const char* claims;
    const char* why;
  };
  for (const Case& it : {
           Case{R"({"iss":["https://i/"],"aud":"stateserver","sub":"ci","exp":1790000300})",
                "iss is not a text"},
           Case{R"({"iss":"https://i/","aud":["stateserver",1],"sub":"ci","exp":1790000300})",
                "aud is not a text or a list of texts"},
           Case{R"({"iss":"https://i/","aud":{"stateserver":1},"sub":"ci","exp":1790000300})",
                "aud is not a text or a list of texts"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":["ci"],"exp":1790000300})",
                "sub is not a text"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":7,"exp":1790000300})",
                "sub is not a text"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"ci","exp":"1790000300"})",
                "exp is not a number"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"ci","exp":1e999})",
                "not one JSON object"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"ci","exp":NaN})",
                "not one JSON object"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"ci"})", "has no exp"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"","exp":1790000300})",
                "has no sub"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"a\nb","exp":1790000300})",
                "sub is not a name"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"a\u0000","exp":1790000300})",
                "sub is not a name"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"a\u009b","exp":1790000300})",
                "sub is not a name"},
           Case{R"({"iss":"https://j/","aud":"stateserver","sub":"ci","exp":1790000300})",
                "another issuer"},
           Case{R"({"aud":"stateserver","sub":"ci","exp":1790000300})", "another issuer"},
           Case{R"({"iss":"https://i/","aud":"other","sub":"ci","exp":1790000300})",
                "another audience"},
           Case{R"({"iss":"https://i/","aud":[],"sub":"ci","exp":1790000300})", "another audience"},
           Case{R"({"iss":"https://i/","aud":"stateserver","sub":"ci","exp":1789999000})",
                "expired"},
       }) {
    EXPECT_THAT(WhyRefused(it.claims), HasSubstr(it.why)) << it.claims;
  }
}

TEST(JwtClaims, GivenTwiceAreRefused) {
  for (const char* claim :
       {R"("sub":"admin")", R"("sub":"ci")", R"("\u0073ub":"admin")", R"("exp":9999999999)",
        R"("x":{"a":1,"b":{"a":1,"a":2}})", R"("x":[{"a":1},{"a":1,"a":1}])"}) {
    EXPECT_THAT(WhyRefused(Claims(claim)), HasSubstr("has a name twice")) << claim;
  }
  EXPECT_EQ(WhyRefused(Claims(R"("x":[{"a":1},{"a":1}],"y":{"a":1})")), "accepted");
}

TEST(JwtClaims, AreOneObjectAndNotDeep) {
  for (const std::string& claims :
       {std::string(), std::string("[]"), std::string("\"ci\""), std::string("{"), Claims("") + "x",
        Claims("") + Claims(""), std::string("\xff{}"),
        Claims("\"x\":" + std::string(40, '[') + std::string(40, ']'))}) {
    EXPECT_THAT(WhyRefused(claims), HasSubstr("is not one JSON object")) << claims;
  }
  EXPECT_EQ(WhyRefused(Claims("\"x\":" + std::string(20, '[') + std::string(20, ']'))), "accepted");
}

TEST(JwtHeader, IsChecked) {
  for (const char* good : {R"({"alg":"RS256"})", R"({"alg":"RS256","kid":"k","typ":"JWT"})",
                           R"({"alg":"ES256","typ":"application/at+jwt"})", R"({"alg":"none"})",
                           R"({"alg":"RS256","jwk":{"kty":"RSA"},"x":1})"}) {
    EXPECT_TRUE(CheckJwtHeader(good).ok()) << good << CheckJwtHeader(good);
  }
  struct Case {
    const char* header;
    const char* why;
  };
  for (const Case& it :
       {Case{R"({"alg":["RS256"]})", "alg is not a text"}, Case{R"({"kid":"k"})", "has no alg"},
        Case{R"({"alg":"RS256","alg":"none"})", "has a name twice: alg"},
        Case{R"({"alg":"RS256","kid":7})", "kid is not a text"},
        Case{R"({"alg":"RS256","kid":null})", "kid is not a text"},
        Case{R"({"alg":"RS256","typ":{}})", "typ is not a text"},
        Case{R"({"alg":"RS256","typ":"logout+jwt"})", "for another use"},
        Case{R"({"alg":"RS256","crit":[]})", "crit"},
        Case{R"({"alg":"RS256","crit":"exp"})", "crit"},
        Case{R"({"alg":"RS256","jwk":{"n":1,"n":2}})", "has a name twice: n"},
        Case{R"(["RS256"])", "is not one JSON object"},
        Case{R"({"alg":"RS256"} )"
             "x",
             "is not one JSON object"}}) {
    absl::Status status = CheckJwtHeader(it.header);
    EXPECT_EQ(ReasonOf(status), Reason::UNAUTHENTICATED) << it.header;
    EXPECT_THAT(std::string(status.message()), HasSubstr(it.why)) << it.header;
  }
}

TEST(JwtText, HasThreePartsOfBase64url) {
  auto text = DecodeJwt("e30.eyJhIjoxfQ.AAAA");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->header, "{}");
  EXPECT_EQ(text->claims, R"({"a":1})");
  for (const char* bad : {"", "..", "e30.e30", "e30.e30.", "e30.e30.AAAA.AAAA", "e30=.e30.AAAA",
                          "e30 .e30.AAAA", "e30.e3+.AAAA", "e30.e\n30.AAAA", "e30.e30.A"}) {
    EXPECT_FALSE(DecodeJwt(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace stateserver::auth
