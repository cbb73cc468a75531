// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/flags.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/platform/config/describe.h"
#include "tests/unit/server/platform/config/helpers.h"

namespace stateserver::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CommandLine Invoke(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "stateserver");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data(), "1.2.3");
}

TEST(CommandLine, ReadsEveryFlag) {
  CommandLine line =
      Invoke({"--embedded", "d", "--listen", "127.0.0.1:1", "--metrics-listen", "", "--log-level",
              "debug", "--log-format", "json", "--check-config", "--print-dsn"});
  EXPECT_EQ(line.exit_code, std::nullopt) << line.output;
  EXPECT_EQ(line.flags.embedded_dir, "d");
  EXPECT_EQ(line.flags.listen, "127.0.0.1:1");
  EXPECT_EQ(line.flags.metrics_listen, "");
  EXPECT_EQ(line.flags.log_level, "debug");
  EXPECT_EQ(line.flags.log_format, "json");
  EXPECT_TRUE(line.flags.check_config);
  EXPECT_TRUE(line.flags.print_dsn);
}

TEST(CommandLine, PrintsVersionAndHelp) {
  EXPECT_EQ(Invoke({"--version"}).exit_code, 0);
  EXPECT_EQ(Invoke({"--version"}).output, "stateserver 1.2.3\n");
  EXPECT_EQ(Invoke({"--help"}).exit_code, 0);
  for (const char* flag : {"--config", "--embedded", "--listen", "--metrics-listen", "--log-level",
                           "--log-format", "--check-config", "--version", "--print-dsn"}) {
    EXPECT_THAT(Invoke({"--help"}).output, HasSubstr(flag));
  }
}

TEST(CommandLine, RefusesWrongUsageWithTwo) {
  struct Case {
    std::vector<const char*> arguments;
    const char* sentence;
  };
  for (const Case& c : {
           Case{{}, "--config FILE or --embedded DIR is needed"},
           Case{{"--check-config"}, "--config FILE or --embedded DIR is needed"},
           Case{{"--config", "a", "--embedded", "b"}, "excludes --"},
           Case{{"--config", "a", "--print-dsn"}, "--print-dsn requires --embedded"},
           Case{{"--config"}, "--config"},
           Case{{"--config", "a", "--nonsense"}, "--nonsense"},
           Case{{"--config", "a", "stray"}, "stray"},
           Case{{"--config", "a", "--listen", "7433"}, "expected HOST:PORT"},
           Case{{"--config", "a", "--listen", ""}, "--listen: must not be empty"},
           Case{{"--config", "a", "--log-level", "loud"}, "loud"},
       }) {
    CommandLine line = Invoke(c.arguments);
    EXPECT_EQ(line.exit_code, 2) << c.sentence;
    EXPECT_THAT(line.output, HasSubstr(c.sentence));
  }
}

class FlagsFile : public ::testing::Test {
 protected:
  FlagsFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "flags.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    flags_.config_file = folder_ + "/stateserver.yaml";
  }
  ~FlagsFile() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) { std::ofstream(flags_.config_file) << text; }

  std::string folder_;
  Flags flags_;
};

TEST_F(FlagsFile, OverrideTheFile) {
  Write(WithGateway("listen: 127.0.0.1:1\nlog: {level: warn, format: json}\n"));
  flags_.listen = "127.0.0.1:2";
  flags_.log_format = "text";
  auto config = EffectiveConfig(flags_);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen, "127.0.0.1:2");
  EXPECT_EQ(config->metrics_listen, "127.0.0.1:9464");
  EXPECT_EQ(config->log.level, "warn");
  EXPECT_EQ(config->log.format, LogFormat::kText);
}

TEST_F(FlagsFile, PlainTextBeyondLoopbackMustBeAskedFor) {
  Write(WithGateway(""));
  flags_.listen = "0.0.0.0:7433";
  EXPECT_THAT(std::string(EffectiveConfig(flags_).status().message()),
              HasSubstr("listen: 0.0.0.0:7433 is reachable from other machines"));
  flags_.listen = "127.example.com:7433";
  EXPECT_FALSE(EffectiveConfig(flags_).ok());
  flags_.listen = "127.1.2.3:7433";
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
  flags_.listen = "[::1]:7433";
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
  flags_.listen = "unix:/run/stateserver.sock";
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
  flags_.listen = "0.0.0.0:7433";
  Write(WithGateway("insecure: true\n"));
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
  Write(WithGateway("tls: {cert: a, key: b, client_ca: c}\n"));
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
}

TEST_F(FlagsFile, WhoeverComesFromElsewhereMustBeAsked) {
  flags_.listen = "0.0.0.0:7433";
  Write(WithGateway("tls: {cert: a, key: b}\n"));
  EXPECT_THAT(std::string(EffectiveConfig(flags_).status().message()),
              HasSubstr("without auth or tls.client_ca everyone who reaches it may do everything"));
  Write(WithGateway("tls: {cert: a, key: b}\nauth: {tokens_file: t}\n"));
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
  Write(WithGateway("tls: {cert: a, key: b}\ninsecure: true\n"));
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
}

TEST_F(FlagsFile, WhoeverComesThroughAProxyMustBeAsked) {
  const std::string sockets = "listen: unix:/run/s.sock\nproxy_listen: unix:/run/p.sock\n";
  Write(WithGateway(sockets));
  EXPECT_THAT(
      std::string(EffectiveConfig(flags_).status().message()),
      HasSubstr("proxy_listen: without auth, everyone who reaches the proxy may do everything"));
  Write(WithGateway(sockets + "auth: {tokens_file: t}\n"));
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
  Write(WithGateway(sockets + "insecure: true\n"));
  EXPECT_TRUE(EffectiveConfig(flags_).ok());
}

constexpr char kSecrets[] =
    "      password: 'hunter2'\n"
    "      concurrent_tasks: 4\n"
    "    connection: {type: starrocks, host: fe, user: root, password: swordfish}\n"
    "  other:\n"
    "    connection: {type: snowflake, password: letmein, account: x}\n";

TEST_F(FlagsFile, CheckConfigShowsWhatIsInEffectWithoutPasswords) {
  Write(WithGateway(kSecrets));
  CommandLine line = CheckConfig(flags_);
  EXPECT_EQ(line.exit_code, 0) << line.output;
  for (const char* password : {"hunter2", "swordfish", "letmein"}) {
    EXPECT_THAT(line.output, Not(HasSubstr(password)));
  }
  EXPECT_THAT(line.output, HasSubstr("password: '***'"));
  EXPECT_THAT(line.output, HasSubstr("listen: '127.0.0.1:7433'"));
  EXPECT_THAT(line.output, HasSubstr("max_message_bytes: 4MiB"));
  EXPECT_THAT(line.output,
              HasSubstr("# unused: gateways.prod.state_connection.concurrent_tasks\n"));
  EXPECT_THAT(line.output, HasSubstr("# unused: gateways.other.connection (snowflake)\n"));
}

TEST_F(FlagsFile, CheckConfigWarnsOfMetricsThatEverybodyCanRead) {
  Write(WithGateway("metrics_listen: 0.0.0.0:9464\n"));
  CommandLine line = CheckConfig(flags_);
  EXPECT_EQ(line.exit_code, 0);
  EXPECT_THAT(line.output,
              HasSubstr("# warning: metrics_listen: 0.0.0.0:9464 is reachable from other machines, "
                        "and without metrics_auth everyone who reaches it can read the metrics. "
                        "Set metrics_auth, or listen on 127.0.0.1.\n"));
  flags_.metrics_listen = "[::]:9464";
  EXPECT_THAT(CheckConfig(flags_).output, HasSubstr("# warning: metrics_listen: [::]:9464 is"));
}

TEST_F(FlagsFile, CheckConfigIsSilentAboutMetricsThatFewCanRead) {
  for (const char* address :
       {"127.0.0.1:9464", "127.8.0.1:1", "localhost:1", "[::1]:9464", "unix:/run/m.sock", ""}) {
    flags_.metrics_listen = address;
    Write(WithGateway(""));
    EXPECT_THAT(CheckConfig(flags_).output, Not(HasSubstr("warning"))) << address;
  }
  flags_.metrics_listen = "0.0.0.0:9464";
  Write(WithGateway("metrics_auth: {user: prometheus, password: p}\n"));
  EXPECT_THAT(CheckConfig(flags_).output, Not(HasSubstr("warning")));
}

TEST_F(FlagsFile, CheckConfigShowsErrorsWithOne) {
  Write(WithGateway("      password: 'hunter2'\nlisen: hunter2\n"));
  CommandLine line = CheckConfig(flags_);
  EXPECT_EQ(line.exit_code, 1);
  EXPECT_THAT(line.output, HasSubstr(":9: lisen: unknown key. Did you mean 'listen'?\n"));
  EXPECT_THAT(line.output, Not(HasSubstr("hunter2")));
}

TEST(Describe, IsAConfigurationThatMeansTheSame) {
  auto config = Parse(
      WithGateway("      password_command: [sh]\n"
                  "      password_command_ttl: 5m\n"
                  "    state_schema: \"it's\"\n"
                  "  unserved:\n"
                  "    state_connection: {type: mysql, host: h}\n"
                  "  local:\n"
                  "    connection: {type: duckdb, database: x}\n"
                  "  embedded:\n"
                  "    state_connection: {type: embedded, path: /e}\n"
                  "tls: {cert: /a, key: /b, client_ca: /c, client_crl: /d, client_auth: optional}\n"
                  "metrics_auth: {user: prometheus, password: p}\n"
                  "auth:\n"
                  "  tokens_file: /t\n"
                  "  jwt: {issuer: i, audience: a, jwks_url: 'https://i/keys', leeway: 5s}\n"
                  "  grants:\n"
                  "    - {certificate: 'uri:spiffe://a/b', roles: {prod: writer, '*': reader}}\n"
                  "    - {jwt_group: g, roles: {'*': admin}}\n"
                  "    - {unix_socket: true, roles: {'*': reader}}\n"
                  "  max_failures: 7\n"
                  "restore_points: {max_age: 36h}\nlog: {level: 'off', slow_call: 0s}\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  auto again = Parse(Describe(*config));
  ASSERT_TRUE(again.ok()) << again.status() << Describe(*config);
  EXPECT_EQ(again->gateways, config->gateways);
  EXPECT_EQ(again->tls, config->tls);
  EXPECT_EQ(again->auth, config->auth);
  EXPECT_EQ(again->metrics_auth.user, config->metrics_auth.user);
  EXPECT_EQ(again->limits, config->limits);
  EXPECT_EQ(again->restore_points, config->restore_points);
  EXPECT_EQ(again->log, config->log);
  EXPECT_EQ(Describe(*again), Describe(*config));
}

TEST(Describe, ShowsNoArgumentsOfAPasswordCommand) {
  auto config = Parse(WithGateway("      password_command: [env, TOKEN=hunter2, sh]\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(Describe(*config), HasSubstr("password_command: ['env', '***']\n"));
  EXPECT_THAT(Describe(*config), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace stateserver::config
