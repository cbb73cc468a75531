// SPDX-License-Identifier: Apache-2.0
//
// Flag, variable, context, default: the first that names a value wins.
#include "client/settings/settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include "client/errors.h"
#include "client/settings/contexts.h"
#include "common/text.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

GetEnv Env(std::map<std::string, std::string> values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(SettingsTest, Precedence) {
  SettingValues context = {{"server", "context:1"}, {"gateway", "of-context"}};
  auto all =
      ResolveSettings({{"server", "flag:1"}}, Env({{"STATESERVER_SERVER", "env:1"}}), context, "c");
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->server, "flag:1");
  EXPECT_EQ(all->gateway, "of-context");
  EXPECT_EQ(ResolveSettings({}, Env({{"STATESERVER_SERVER", "env:1"}}), context, "c")->server,
            "env:1");
  EXPECT_EQ(ResolveSettings({}, Env({}), context, "c")->server, "context:1");
  EXPECT_EQ(ResolveSettings({}, Env({}), {}, "")->server, "127.0.0.1:7433");
}

TEST(SettingsTest, EveryKeyHasItsFlagAndVariable) {
  EXPECT_EQ(FlagOf("tls_ca"), "--tls-ca");
  EXPECT_EQ(EnvironmentOf("tls_ca"), "STATESERVER_TLS_CA");
  EXPECT_EQ(EnvironmentOf("token_file"), "STATESERVER_TOKEN_FILE");
}

TEST(SettingsTest, BadValuesNameTheirSource) {
  auto format = ResolveSettings({}, Env({{"STATESERVER_FORMAT", "xml"}}), {}, "");
  EXPECT_EQ(MessageOf(format.status()),
            "Invalid value for STATESERVER_FORMAT: 'xml' is not one of 'text', 'json'.");
  EXPECT_EQ(Describe(format.status()).exit_code, kExitUsage);
  auto timeout = ResolveSettings({}, Env({}), {{"timeout", "soon"}}, "prod");
  EXPECT_EQ(MessageOf(timeout.status()),
            "Invalid value for timeout of context 'prod': 'soon' is not a number of seconds above "
            "0.");
  for (const char* bad : {"0", "-1", "1s", "nan", "inf", ""}) {
    EXPECT_FALSE(ResolveSettings({{"timeout", bad}}, Env({}), {}, "").ok()) << bad;
  }
  EXPECT_EQ(ResolveSettings({{"timeout", "2.5"}}, Env({}), {}, "")->timeout, 2.5);
}

TEST(SettingsTest, FilesMustExistAndCertificateNeedsItsKey) {
  Scratch scratch;
  auto missing = ResolveSettings({{"tls_ca", scratch / "no.crt"}}, Env({}), {}, "");
  EXPECT_EQ(Describe(missing.status()).exit_code, kExitUsage);
  EXPECT_NE(std::string(MessageOf(missing.status())).find("--tls-ca"), std::string::npos);
  std::string cert = scratch.Write("c.crt", "x");
  EXPECT_FALSE(ResolveSettings({{"tls_cert", cert}}, Env({}), {}, "").ok());
  EXPECT_FALSE(ResolveSettings({}, Env({}), {}, "")->tls());
}

TEST(SettingsTest, TokenFromFlagVariableOrFile) {
  Scratch scratch;
  std::string file = scratch.Write("token", "from-file \n");
  GetEnv direct = Env({{"STATESERVER_TOKEN", "from-env"}});
  EXPECT_EQ(ResolveSettings({{"token_file", file}}, direct, {}, "")->token, "from-file");
  EXPECT_EQ(ResolveSettings({}, direct, {{"token_file", file}}, "")->token, "from-env");
  EXPECT_EQ(ResolveSettings({}, Env({{"STATESERVER_TOKEN_FILE", file}}), {}, "")->token,
            "from-file");
  std::string empty = scratch.Write("empty", "\n");
  EXPECT_FALSE(ResolveSettings({{"token_file", empty}}, Env({}), {}, "").ok());
  EXPECT_FALSE(ResolveSettings({}, Env({{"STATESERVER_TOKEN", "two words"}}), {}, "").ok());
}

// Opening a FIFO would wait for its writer, and a device has no end.
TEST(SettingsTest, FilesMustBeRegular) {
  Scratch scratch;
  std::string pipe = scratch / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  auto message_for = [](const std::string& key, const std::string& file) {
    auto settings = ResolveSettings({{key, file}}, Env({}), {}, "");
    EXPECT_EQ(Describe(settings.status()).exit_code, kExitUsage) << key;
    return std::string(MessageOf(settings.status()));
  };
  for (const char* key : {"tls_ca", "tls_cert", "tls_key", "token_file"}) {
    EXPECT_EQ(message_for(key, pipe), Cat("Invalid value for ", FlagOf(key), ": File '", pipe,
                                          "' cannot be read: it is not a regular file."));
    EXPECT_EQ(message_for(key, "/dev/zero"),
              Cat("Invalid value for ", FlagOf(key),
                  ": File '/dev/zero' cannot be read: it is not a regular file."));
    EXPECT_EQ(message_for(key, scratch / "no"),
              Cat("Invalid value for ", FlagOf(key), ": File '", scratch / "no",
                  "' cannot be read: No such file or directory."));
  }
  std::string large = scratch.Write("large", "");
  ASSERT_EQ(truncate(large.c_str(), off_t{10} << 30), 0);
  EXPECT_EQ(message_for("tls_ca", large), Cat("Invalid value for --tls-ca: File '", large,
                                              "' cannot be read: it is larger than 16 MiB."));
  EXPECT_EQ(message_for("token_file", large), Cat("Invalid value for --token-file: File '", large,
                                                  "' cannot be read: it is larger than 1 MiB."));
}

TEST(ContextsTest, FileMustBeRegularAndSmall) {
  Scratch scratch;
  std::string pipe = scratch / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(MessageOf(LoadContexts(pipe).status()),
            pipe + ": cannot be read: it is not a regular file");
  EXPECT_EQ(MessageOf(LoadContexts("/dev/zero").status()),
            "/dev/zero: cannot be read: it is not a regular file");
  std::string large = scratch.Write("large", std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(MessageOf(LoadContexts(large).status()),
            large + ": cannot be read: it is larger than 1 MiB");
}

TEST(ContextsTest, AliasesDoNotMultiplyTheFile) {
  Scratch scratch;
  std::string text = "contexts:\n  a0: &all {server: " + std::string(100'000, 'x') + "}\n";
  for (int i = 1; i < 20; ++i) text += Cat("  a", i, ": *all\n");
  auto loaded = LoadContexts(scratch.Write("config.yaml", text));
  EXPECT_NE(std::string(MessageOf(loaded.status())).find("aliases make the contexts larger"),
            std::string::npos)
      << loaded.status();
}

TEST(SettingsTest, ATokenInPlainTextMustBeAllowed) {
  EXPECT_FALSE(ResolveSettings({}, Env({}), {}, "")->plaintext_token);
  EXPECT_TRUE(ResolveSettings({{"plaintext_token", "allow"}}, Env({}), {}, "")->plaintext_token);
  EXPECT_TRUE(ResolveSettings({}, Env({{"STATESERVER_PLAINTEXT_TOKEN", "allow"}}), {}, "")
                  ->plaintext_token);
  SettingValues context = {{"plaintext_token", "allow"}};
  EXPECT_TRUE(ResolveSettings({}, Env({}), context, "c")->plaintext_token);
  EXPECT_FALSE(
      ResolveSettings({{"plaintext_token", "refuse"}}, Env({}), context, "c")->plaintext_token);
  EXPECT_EQ(MessageOf(ResolveSettings({{"plaintext_token", "yes"}}, Env({}), {}, "").status()),
            "Invalid value for --plaintext-token: 'yes' is not one of 'refuse', 'allow'.");
}

TEST(ContextsTest, RoundTrip) {
  Scratch scratch;
  Contexts contexts;
  contexts.current = "prod";
  contexts.named["prod"] = {{"server", "db:7433"}, {"gateway", "on: tricky # name"}};
  contexts.named["dev"] = {};
  std::filesystem::path file = scratch.path() / "deep/config.yaml";
  ASSERT_TRUE(SaveContexts(file, contexts).ok());
  auto loaded = LoadContexts(file);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->current, "prod");
  EXPECT_EQ(loaded->named, contexts.named);
  EXPECT_EQ(loaded->CurrentValues().at("server"), "db:7433");
}

TEST(ContextsTest, RelativePathsAreTheFolders) {
  Scratch scratch;
  std::string file =
      scratch.Write("config.yaml", "current: a\ncontexts: {a: {tls_ca: certs/ca.crt}}\n");
  auto loaded = LoadContexts(file);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->CurrentValues().at("tls_ca"), scratch / "certs/ca.crt");
}

TEST(ContextsTest, DamageNamesFileLineAndKey) {
  Scratch scratch;
  struct Case {
    const char* text;
    const char* expected;
  };
  for (const Case& it :
       std::vector<Case>{{"contexts:\n  a:\n    sever: x\n", "config.yaml:3: unknown key 'sever'"},
                         {"context: {}\n", "config.yaml:1: unknown key 'context'"},
                         {"contexts: {a: {server: [x]}}\n", "the value of 'server' is not text"},
                         {"current: b\ncontexts: {a: {}}\n", "'b' is not among the contexts"},
                         {"contexts: [\n", "config.yaml:"},
                         {"contexts: {a: {gateway: p\xff}}\n", "is not valid UTF-8"},
                         {"contexts:\n  a b: {}\n", "config.yaml:2: Invalid context name 'a b'"},
                         {"- 1\n", "expected 'current' and 'contexts'"}}) {
    auto loaded = LoadContexts(scratch.Write("config.yaml", it.text));
    ASSERT_FALSE(loaded.ok()) << it.text;
    EXPECT_NE(std::string(MessageOf(loaded.status())).find(it.expected), std::string::npos)
        << loaded.status();
    EXPECT_EQ(Describe(loaded.status()).exit_code, kExitUsage);
  }
}

TEST(ContextsTest, FileFollowsXdg) {
  EXPECT_EQ(ContextsFile(Env({{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}})),
            "/x/stateclient/config.yaml");
  EXPECT_EQ(ContextsFile(Env({{"HOME", "/h"}})), "/h/.config/stateclient/config.yaml");
  EXPECT_TRUE(LoadContexts(ContextsFile(Env({}))).ok());
}

class ContextCommandTest : public testing::Test {
 protected:
  ContextCommandTest() { run.env["XDG_CONFIG_HOME"] = scratch.path().string(); }
  Scratch scratch;
  Runner run;
};

TEST_F(ContextCommandTest, SetUseShowListRemove) {
  EXPECT_EQ(run({"context", "set", "prod", "--server", "db:7433", "--gateway", "g"}).exit_code, 0);
  EXPECT_EQ(run({"--server", "other:1", "context", "set", "dev"}).exit_code, 0);
  EXPECT_EQ(run({"context", "show"}).out, "name:     prod\ngateway:  g\nserver:   db:7433\n");
  EXPECT_EQ(run({"context", "use", "dev"}).exit_code, 0);
  EXPECT_EQ(run({"context", "list"}).out,
            "CURRENT  NAME  SERVER   GATEWAY\n"
            "*        dev   other:1  -\n"
            "         prod  db:7433  g\n");
  EXPECT_EQ(run({"context", "remove", "dev"}).exit_code, 0);
  RunResult list = run({"context", "list", "--format", "json"});
  EXPECT_EQ(list.out,
            R"({"contexts":[{"name":"prod","current":false,"server":"db:7433","gateway":"g",)"
            R"("format":null,"tls_ca":null,"tls_cert":null,"tls_key":null,"token_file":null,)"
            R"("plaintext_token":null,"timeout":null}]})"
            "\n");
}

TEST_F(ContextCommandTest, EmptyValueRemovesAKey) {
  run({"context", "set", "a", "--server", "x:1", "--gateway", "g"});
  run({"context", "set", "a", "--gateway", ""});
  EXPECT_EQ(run({"context", "show"}).out, "name:    a\nserver:  x:1\n");
}

TEST_F(ContextCommandTest, Refusals) {
  EXPECT_EQ(run({"context", "use", "none"}).exit_code, 2);
  EXPECT_EQ(run({"context", "show"}).exit_code, 2);
  EXPECT_EQ(run({"context", "remove", "none"}).exit_code, 2);
  EXPECT_EQ(run({"context", "set", "a"}).exit_code, 2);
  EXPECT_EQ(run({"context", "set", "a b", "--server", "x:1"}).exit_code, 2);
  EXPECT_EQ(run({"context"}).exit_code, 2);
  EXPECT_TRUE(scratch.Names().empty());
}

TEST_F(ContextCommandTest, ABrokenFileStopsCommandsButNotHelp) {
  std::filesystem::create_directories(scratch.path() / "stateclient");
  scratch.Write("stateclient/config.yaml", "nonsense: 1\n");
  RunResult versions = run({"versions"});
  EXPECT_EQ(versions.exit_code, 2);
  EXPECT_NE(versions.err.find("config.yaml:1"), std::string::npos) << versions.err;
  EXPECT_EQ(run({"help"}).exit_code, 0);
}

}  // namespace
}  // namespace stateserver::client
