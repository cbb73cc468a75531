// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/authenticator.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "common/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/platform/auth/tokens.h"

namespace stateserver::auth {
namespace {

using config::Role;
using ::testing::HasSubstr;

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "auth.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    config_.enabled = true;
    config_.tokens_file = folder_ + "/tokens.yaml";
  }
  ~AuthenticatorTest() override { std::filesystem::remove_all(folder_); }

  std::string AddToken(const std::string& principal, config::Roles roles,
                       absl::Time expires = absl::InfiniteFuture()) {
    TokenParts token = NewToken();
    TokenEntry entry;
    entry.id = token.id;
    entry.principal = principal;
    entry.roles = std::move(roles);
    entry.salt = NewSalt();
    entry.hash = HashSecret(entry.salt, token.secret);
    entry.created = kNow;
    entry.expires = expires;
    entries_.push_back(entry);
    EXPECT_TRUE(WriteTokensFile(config_.tokens_file, entries_).ok());
    return TokenText(token);
  }

  absl::StatusOr<IdentityPtr> Ask(const Credentials& credentials) {
    if (authenticator_ == nullptr) {
      auto opened = Authenticator::Open(config_, metrics_, logger_);
      if (!opened.ok()) return opened.status();
      authenticator_ = *std::move(opened);
    }
    return authenticator_->Authenticate(credentials, kNow);
  }

  static Credentials Header(const std::string& text) {
    Credentials credentials;
    credentials.authorization = {text};
    credentials.peer = "10.0.0.7:1";
    return credentials;
  }

  const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);
  std::string folder_;
  config::Auth config_;
  std::vector<TokenEntry> entries_;
  telemetry::Metrics metrics_{"1", "c"};
  telemetry::Logger logger_{telemetry::LogFormat::kJson, telemetry::LogLevel::kOff};
  std::unique_ptr<Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, AsksNobodyWhereItIsSwitchedOff) {
  config_ = config::Auth();
  Credentials credentials;
  credentials.peer = "[2001:db8::1]:51812";
  auto identity = Ask(credentials);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ((*identity)->name, "anonymous:[2001:db8::1]");
  EXPECT_EQ((*identity)->RoleOn("prod"), Role::kAdmin);
  credentials.unix_socket = true;
  EXPECT_EQ((*Ask(credentials))->name, "unix");
  credentials.certificate_names = {"uri:spiffe://a/ci", "cn:unix"};
  EXPECT_EQ((*Ask(credentials))->name, "cert:uri:spiffe://a/ci");
}

TEST_F(AuthenticatorTest, KnowsTokens) {
  std::string token = AddToken("anna", {{"prod", Role::kWriter}, {"*", Role::kReader}});
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER  "}) {
    auto identity = Ask(Header(std::string(scheme) + token));
    ASSERT_TRUE(identity.ok()) << identity.status();
    EXPECT_EQ((*identity)->name, "token:anna");
    EXPECT_EQ((*identity)->RoleOn("prod"), Role::kWriter);
    EXPECT_EQ((*identity)->RoleOn("dev"), Role::kReader);
    EXPECT_EQ((*identity)->RoleAnywhere(), Role::kWriter);
  }
}

TEST_F(AuthenticatorTest, DoesNotTellWhyATokenIsNotAccepted) {
  std::string good = AddToken("anna", {{"*", Role::kReader}});
  std::string expired = AddToken("old", {{"*", Role::kAdmin}}, kNow);
  std::string wrong = good.substr(0, good.size() - 1) + (good.back() == '0' ? "1" : "0");
  for (const std::string& header :
       {"Bearer " + expired, "Bearer " + wrong, "Bearer " + TokenText(NewToken()),
        std::string("Bearer a.b.c"), std::string("Bearer "), std::string("Basic ") + good, good,
        std::string()}) {
    absl::Status status = Ask(Header(header)).status();
    EXPECT_EQ(ReasonOf(status), Reason::UNAUTHENTICATED) << header;
    EXPECT_EQ(status.message(), "The credentials are not accepted") << header;
  }
  Credentials two = Header("Bearer " + good);
  two.authorization.push_back("Bearer " + good);
  EXPECT_EQ(ReasonOf(Ask(two).status()), Reason::UNAUTHENTICATED);
}

TEST_F(AuthenticatorTest, ThrottlesWhoGuesses) {
  config_.max_failures = 3;
  std::string good = AddToken("anna", {{"*", Role::kReader}});
  std::string other = AddToken("berta", {{"*", Role::kReader}});
  ASSERT_TRUE(Ask(Header("Bearer " + good)).ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ReasonOf(Ask(Header("Bearer x")).status()), Reason::UNAUTHENTICATED);
  }
  EXPECT_EQ(ReasonOf(Ask(Header("Bearer x")).status()), Reason::THROTTLED);
  // Not even looked at, so that a right guess cannot be told from a wrong one.
  EXPECT_EQ(ReasonOf(Ask(Header("Bearer " + other)).status()), Reason::THROTTLED);
  EXPECT_TRUE(Ask(Header("Bearer " + good)).ok());
  Credentials elsewhere = Header("Bearer " + other);
  elsewhere.peer = "10.0.0.8:1";
  EXPECT_TRUE(Ask(elsewhere).ok());
}

TEST_F(AuthenticatorTest, KnowsCertificatesByTheNamesThatGrantsName) {
  config_.tokens_file.clear();
  config_.grants = {
      {config::Grant::Kind::kCertificate, "dns:ci.example.com", {{"dev", Role::kAdmin}}},
      {config::Grant::Kind::kCertificate, "uri:spiffe://a/ci", {{"prod", Role::kWriter}}}};
  Credentials credentials;
  credentials.certificate_names = {"uri:spiffe://a/ci", "dns:ci.example.com", "cn:ci"};
  auto identity = Ask(credentials);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ((*identity)->name, "cert:uri:spiffe://a/ci") << "a URI comes before a DNS name";
  EXPECT_EQ((*identity)->RoleOn("prod"), Role::kWriter);
  EXPECT_EQ((*identity)->RoleOn("dev"), Role::kAdmin);
  credentials.certificate_names = {"uri:spiffe://a/other", "dns:ci.example.com"};
  EXPECT_EQ((*Ask(credentials))->name, "cert:dns:ci.example.com") << "the name with the role";
  credentials.certificate_names = {"cn:stranger"};
  identity = Ask(credentials);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ((*identity)->name, "cert:cn:stranger");
  EXPECT_EQ((*identity)->RoleAnywhere(), Role::kNone);
}

TEST_F(AuthenticatorTest, ANameOfAnotherTypeIsAnotherName) {
  config_.tokens_file.clear();
  config_.grants = {
      {config::Grant::Kind::kCertificate, "uri:spiffe://a/ci", {{"*", Role::kAdmin}}},
      {config::Grant::Kind::kCertificate, "dns:ci.example.com", {{"*", Role::kAdmin}}}};
  Credentials credentials;
  for (const char* other :
       {"cn:spiffe://a/ci", "dns:spiffe://a/ci", "email:spiffe://a/ci", "cn:ci.example.com",
        "uri:ci.example.com", "cn:dns:ci.example.com", "cn:uri:spiffe://a/ci"}) {
    credentials.certificate_names = {other};
    auto identity = Ask(credentials);
    ASSERT_TRUE(identity.ok());
    EXPECT_EQ((*identity)->RoleAnywhere(), Role::kNone) << other;
  }
}

TEST_F(AuthenticatorTest, NoPrincipalEqualsOneOfAnotherKind) {
  std::string token = AddToken("anna", {{"*", Role::kReader}});
  Credentials credentials;
  std::set<std::string> names = {(*Ask(Header("Bearer " + token)))->name};
  for (const char* name : {"cn:anna", "cn:token:anna", "cn:jwt:anna", "cn:unix", "cn:stateserver",
                           "uri:token:anna", "dns:anna"}) {
    credentials.certificate_names = {name};
    EXPECT_TRUE(names.insert((*Ask(credentials))->name).second) << name;
  }
  for (const std::string& name : names) {
    EXPECT_TRUE(name.starts_with("cert:") || name == "token:anna") << name;
  }
}

TEST_F(AuthenticatorTest, AHeaderThatDoesNotHoldIsNotMadeUpForByACertificate) {
  AddToken("anna", {{"*", Role::kReader}});
  config_.grants = {{config::Grant::Kind::kCertificate, "cn:ci", {{"*", Role::kAdmin}}}};
  Credentials credentials = Header("Bearer x");
  credentials.certificate_names = {"cn:ci"};
  EXPECT_EQ(ReasonOf(Ask(credentials).status()), Reason::UNAUTHENTICATED);
}

TEST_F(AuthenticatorTest, AUnixSocketIsAnIdentityOnlyWhereItIsGrantedOne) {
  AddToken("anna", {{"*", Role::kReader}});
  Credentials credentials;
  credentials.unix_socket = true;
  EXPECT_EQ(ReasonOf(Ask(credentials).status()), Reason::UNAUTHENTICATED);
  authenticator_.reset();
  config_.grants = {{config::Grant::Kind::kUnixSocket, "", {{"*", Role::kReader}}}};
  auto identity = Ask(credentials);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ((*identity)->name, "unix");
}

TEST_F(AuthenticatorTest, DoesNotOpenWithFilesThatAreNotUsable) {
  config_.tokens_file = "/nowhere";
  EXPECT_EQ(ReasonOf(Ask({}).status()), Reason::ARGUMENT_INVALID);
  config_.tokens_file = "";
  config_.jwt.emplace();
  config_.jwt->jwks_file = folder_ + "/keys.json";
  std::ofstream(config_.jwt->jwks_file) << "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}";
  absl::Status status = Ask({}).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("keys.json: the key set holds no public"));
}

}  // namespace
}  // namespace stateserver::auth
