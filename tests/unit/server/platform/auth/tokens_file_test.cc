// SPDX-License-Identifier: Apache-2.0

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/platform/auth/tokens.h"

namespace stateserver::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TokenEntry Entry(const std::string& principal) {
  TokenParts token = NewToken();
  TokenEntry entry;
  entry.id = token.id;
  entry.principal = principal;
  entry.roles = {{"prod", config::Role::kWriter}, {"*", config::Role::kReader}};
  entry.salt = NewSalt();
  entry.hash = HashSecret(entry.salt, token.secret);
  entry.created = absl::FromUnixSeconds(1'790'000'000);
  return entry;
}

TEST(Token, IsReadBackFromItsText) {
  TokenParts token = NewToken();
  auto parsed = ParseToken(TokenText(token));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->id, token.id);
  EXPECT_EQ(parsed->secret, token.secret);
  EXPECT_NE(NewToken().secret, token.secret);
}

TEST(Token, OfAnotherFormIsNone) {
  std::string good = TokenText(NewToken());
  for (const std::string& text :
       {std::string(), std::string("sst_"), good + "0", good.substr(1), good.substr(0, 16),
        "sst_" + std::string(12, 'G') + good.substr(16), std::string(good.size(), '\0')}) {
    EXPECT_FALSE(ParseToken(text).has_value()) << text;
  }
}

TEST(Token, HashHangsOnTheSalt) {
  EXPECT_NE(HashSecret("a", "s"), HashSecret("b", "s"));
  EXPECT_TRUE(SameText("abc", "abc"));
  EXPECT_FALSE(SameText("abc", "abd"));
  EXPECT_FALSE(SameText("abc", "ab"));
}

TEST(TokensFile, IsReadAsItWasWritten) {
  std::vector<TokenEntry> entries = {Entry("anna"), Entry("it's \"her\": #1")};
  entries[1].expires = absl::FromUnixSeconds(1'800'000'000);
  auto read = ParseTokens(FormatTokens(entries), "tokens.yaml");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*read)[i].id, entries[i].id);
    EXPECT_EQ((*read)[i].principal, entries[i].principal);
    EXPECT_EQ((*read)[i].roles, entries[i].roles);
    EXPECT_EQ((*read)[i].hash, entries[i].hash);
    EXPECT_EQ((*read)[i].created, entries[i].created);
    EXPECT_EQ((*read)[i].expires, entries[i].expires);
  }
  EXPECT_TRUE(ParseTokens(FormatTokens({}), "tokens.yaml")->empty());
}

TEST(TokensFile, TellsEverythingThatIsWrongWithoutRepeatingSecrets) {
  std::string text =
      "tokens:\n"
      "  - id: '3f2a9c81d0e4'\n"
      "    principal: anna\n"
      "    roles: {prod: god}\n"
      "    salt: 'sst_oops_a_whole_token'\n"
      "    hash: 'abc'\n"
      "    expires: tomorrow\n";
  absl::Status status = ParseTokens(text, "tokens.yaml").status();
  std::string message(status.message());
  for (const char* part :
       {"tokens.yaml:4: tokens[0].roles.prod", "tokens.yaml:5: tokens[0].salt: expected 32",
        "tokens.yaml:6: tokens[0].hash: expected 64", "tokens.yaml:7: tokens[0].expires"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
  EXPECT_THAT(message, Not(HasSubstr("oops")));
}

TEST(TokensFile, APrincipalIsAName) {
  for (const std::string& bad : {std::string("a\x1b[31m"), std::string(" a"), std::string(300, 'a'),
                                 std::string("a\xe2\x80\xae")}) {
    absl::Status status = ParseTokens(FormatTokens({Entry(bad)}), "tokens.yaml").status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("tokens[0].principal: expected a name"))
        << bad;
  }
}

TEST(TokensFile, OneIdTwiceIsRefused) {
  TokenEntry entry = Entry("anna");
  absl::Status status = ParseTokens(FormatTokens({entry, entry}), "tokens.yaml").status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("tokens[1].id: given twice"));
}

TEST(TokensFile, IsWrittenForItsOwnerAloneAndKeepsItsMode) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tokens.XXXXXX").string();
  std::string folder = mkdtemp(pattern.data());
  std::string path = folder + "/tokens.yaml";
  ASSERT_TRUE(WriteTokensFile(path, {Entry("anna")}).ok());
  struct stat made {};
  ASSERT_EQ(stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600u);
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  ASSERT_TRUE(WriteTokensFile(path, {Entry("berta")}).ok());
  ASSERT_EQ(stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0640u);
  EXPECT_EQ(ReadTokensFile(path)->front().principal, "berta");
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(std::string(ReadTokensFile(path).status().message()),
              HasSubstr("tokens.yaml: cannot be read: it is not a regular file"));
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(WriteTokensFile(path, {}).ok());
}

}  // namespace
}  // namespace stateserver::auth
