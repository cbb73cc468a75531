// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/loader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/error.h"
#include "common/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/platform/config/helpers.h"

namespace stateserver::config {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kFull[] = R"(
listen: 0.0.0.0:7433
local_listen: unix:/run/ss/local.sock
metrics_listen: 0.0.0.0:9464
default_gateway: prod
gateways:                       # a comment
  migration:
    state_connection: {type: embedded, path: ./migration-state}
  prod:
    state_connection:
      type: postgres
      host: db
      port: 5432
      user: sqlmesh
      password: "${PGPASSWORD}"
      database: state
      sslmode: verify-full
    state_schema: other
    rewrite_python: 3.10
    connection: {type: starrocks, host: fe, port: 9031, user: root, password: "", database: a}
tls:    {cert: server.crt, key: server.key, client_ca: /abs/ca.crt}
auth:   {tokens_file: tokens.yaml}
limits: {max_concurrent_imports: 3, max_concurrent_schema_calls: 9, max_schema_calls_per_principal: 5, max_message_bytes: 8MiB, shutdown_grace: 1m, lock_timeout: 5s, schema_lock_lease: 3s, read_timeout: 7s, lost_connection_timeout: 8s, idle_transaction_timeout: 9s, worker_timeout: 2m, worker_memory: 1GiB}
fingerprint_worker: [venv/bin/python, -m, "${PROGRAM}"]
rewrite_worker: [python3.12, rewrite.py]
rewrite_pythons: [python3.13, opt/python]
restore_points: {keep: 7, max_age: 10d}
reflection: false
insecure: true
log: {level: debug, format: json, slow_call: 5s}
)";

TEST(Loader, ReadsEveryKey) {
  auto config = Parse(kFull, {{"PGPASSWORD", "p:#}"}, {"PROGRAM", "fp"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen, "0.0.0.0:7433");
  EXPECT_EQ(config->local_listen, "unix:/run/ss/local.sock");
  EXPECT_EQ(config->metrics_listen, "0.0.0.0:9464");
  EXPECT_EQ(config->default_gateway, "prod");
  ASSERT_EQ(config->gateways.size(), 2);
  EXPECT_EQ(config->gateways[0].name, "migration");
  EXPECT_EQ(config->gateways[0].state->path, "/etc/ss/migration-state");
  const Gateway& prod = config->gateways[1];
  EXPECT_EQ(prod.state->password.value, "p:#}");
  EXPECT_EQ(prod.state->sslmode, "verify-full");
  EXPECT_EQ(prod.state_schema, "other");
  EXPECT_EQ(prod.warehouse->port, 9031);
  EXPECT_EQ(prod.warehouse->database, "a");
  EXPECT_EQ(config->tls.cert, "/etc/ss/server.crt");
  EXPECT_EQ(config->tls.client_ca, "/abs/ca.crt");
  EXPECT_TRUE(config->auth.enabled);
  EXPECT_EQ(config->auth.tokens_file, "/etc/ss/tokens.yaml");
  EXPECT_EQ(config->limits.max_concurrent_imports, 3);
  EXPECT_EQ(config->limits.max_concurrent_schema_calls, 9);
  EXPECT_EQ(config->limits.max_schema_calls_per_principal, 5);
  EXPECT_EQ(config->limits.max_message_bytes, 8 << 20);
  EXPECT_EQ(config->limits.shutdown_grace, absl::Minutes(1));
  EXPECT_EQ(config->limits.lock_timeout, absl::Seconds(5));
  EXPECT_EQ(config->limits.schema_lock_lease, absl::Seconds(3));
  EXPECT_EQ(config->limits.read_timeout, absl::Seconds(7));
  EXPECT_EQ(config->limits.lost_connection_timeout, absl::Seconds(8));
  EXPECT_EQ(config->limits.idle_transaction_timeout, absl::Seconds(9));
  EXPECT_EQ(config->limits.worker_timeout, absl::Minutes(2));
  EXPECT_EQ(config->limits.worker_memory, int64_t{1} << 30);
  EXPECT_THAT(config->fingerprint_worker, ElementsAre("/etc/ss/venv/bin/python", "-m", "fp"));
  EXPECT_THAT(config->rewrite_worker, ElementsAre("python3.12", "rewrite.py"));
  EXPECT_THAT(config->rewrite_pythons, ElementsAre("python3.13", "/etc/ss/opt/python"));
  // A number with a zero at its end stays as it is written.
  EXPECT_EQ(config->FindGateway("prod")->rewrite_python, "3.10");
  EXPECT_EQ(config->restore_points.keep, 7);
  EXPECT_EQ(config->restore_points.max_age, absl::Hours(240));
  EXPECT_FALSE(config->reflection);
  EXPECT_TRUE(config->insecure);
  EXPECT_EQ(config->log.level, "debug");
  EXPECT_EQ(config->log.format, LogFormat::kJson);
  EXPECT_EQ(config->log.slow_call, absl::Seconds(5));
  EXPECT_THAT(config->unused_keys, IsEmpty());
}

TEST(Loader, FillsInTheDefaults) {
  auto config = Parse(WithGateway(""));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen, "127.0.0.1:7433");
  EXPECT_EQ(config->metrics_listen, "127.0.0.1:9464");
  EXPECT_EQ(config->default_gateway, "prod");
  EXPECT_EQ(config->gateways[0].state_schema, "sqlmesh");
  EXPECT_EQ(config->gateways[0].state->port, "5432");
  EXPECT_EQ(config->gateways[0].state->connect_timeout_seconds, 10);
  EXPECT_EQ(config->limits, Limits());
  EXPECT_EQ(config->limits.max_message_bytes, 4194304);
  EXPECT_EQ(config->restore_points.max_age, absl::Hours(720));
  EXPECT_TRUE(config->reflection);
  EXPECT_FALSE(config->insecure);
  EXPECT_FALSE(config->tls.enabled());
}

TEST(Loader, RefusesAPythonThatIsNoRelease) {
  for (const char* text : {"3", "2.7", "3.8", "3.12.1.1", "3.012", "python3.12", "3.x"}) {
    EXPECT_THAT(ErrorOf(WithGateway(Cat("    rewrite_python: ", text, "\n"))),
                HasSubstr("rewrite_python: expected the Python release of those who plan"))
        << text;
  }
  for (const char* text : {"3.9", "3.12", "\"3.12.9\"", "3.14.0"}) {
    EXPECT_TRUE(Parse(WithGateway(Cat("    rewrite_python: ", text, "\n"))).ok()) << text;
  }
}

// libpq, the MariaDB connector and system calls would read the text only up to the NUL.
TEST(Loader, RefusesATextWithANul) {
  EXPECT_EQ(ErrorOf(WithGateway("      password: \"a\\0b\"\n")),
            "stateserver.yaml:8: gateways.prod.state_connection.password: must not contain a NUL "
            "character");
  EXPECT_EQ(ErrorOf(WithGateway("rewrite_worker: [python3, \"a\\x00\"]\n")),
            "stateserver.yaml:8: rewrite_worker: must not contain a NUL character");
}

TEST(Loader, NamesFileLineAndKeyOfAnUnknownKey) {
  EXPECT_EQ(ErrorOf(WithGateway("      prot: 5432\n")),
            "stateserver.yaml:8: gateways.prod.state_connection.prot: unknown key. Did you mean "
            "'port'?");
  EXPECT_EQ(ErrorOf(WithGateway("nonsense: 1\n")), "stateserver.yaml:8: nonsense: unknown key");
  EXPECT_EQ(ErrorOf(WithGateway("limits: {max_concurent_imports: 1}\n")),
            "stateserver.yaml:8: limits.max_concurent_imports: unknown key. Did you mean "
            "'max_concurrent_imports'?");
  EXPECT_EQ(ErrorOf(WithGateway("LISTEN: 127.0.0.1:1\n")),
            "stateserver.yaml:8: LISTEN: unknown key. Did you mean 'listen'?");
}

TEST(Loader, ReportsAllFaultsAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(ErrorOf("reflection: maybe\n"
                    "gateways:\n"
                    "  a:\n"
                    "    state_connection: {type: postgres, host: h, user: u}\n"
                    "restore_points: {keep: 0}\n"
                    "lisen: x\n"),
            "stateserver.yaml:1: reflection: expected true or false, found 'maybe'\n"
            "stateserver.yaml:4: gateways.a.state_connection.database: is missing\n"
            "stateserver.yaml:5: restore_points.keep: expected a whole number from 1 to 1000000, "
            "found '0'\n"
            "stateserver.yaml:6: lisen: unknown key. Did you mean 'listen'?");
}

TEST(Loader, RefusesWrongTypesAndValues) {
  struct Case {
    const char* line;
    const char* sentence;
  };
  for (const Case& c : {
           Case{"listen: [1]", "listen: expected a single value, found a list"},
           Case{"listen:", "listen: has no value"},
           Case{"listen: '7433'", "listen: expected HOST:PORT"},
           Case{"listen: ''", "listen: expected HOST:PORT"},
           Case{"listen: h:99999", "listen: expected HOST:PORT"},
           Case{"metrics_listen: :1", "metrics_listen: expected HOST:PORT"},
           Case{"limits: 5", "limits: expected a mapping, found a single value"},
           Case{"limits:", "limits: expected a mapping, found nothing"},
           Case{"limits: {max_message_bytes: 4Mi}", "expected a size such as 4MiB, found '4Mi'"},
           Case{"limits: {max_message_bytes: 1KiB}", "expected a size from 1MiB to 1GiB"},
           Case{"limits: {shutdown_grace: 30}", "expected a duration with its unit"},
           Case{"limits: {lost_connection_timeout: 3s}", "expected at least 4s, found '3s'"},
           Case{"limits: {lock_timeout: 0s}", "expected at least 1ms, found '0s'"},
           Case{"limits: {worker_memory: 1MiB}", "expected a size from 64MiB to 1024GiB"},
           Case{"fingerprint_worker: python3", "fingerprint_worker: expected a list of words"},
           Case{"fingerprint_worker: []", "fingerprint_worker: expected a list of words"},
           Case{"rewrite_worker: [python3, [-m]]", "a list of words, found a list in it"},
           Case{"rewrite_worker: [\"${NOT_SET}\"]", "NOT_SET"},
           Case{"rewrite_pythons: python3.12", "rewrite_pythons: expected a list of words"},
           Case{"limits: {max_concurrent_imports: 1.5}", "expected a whole number"},
           Case{"restore_points: {max_age: 0d}", "expected at least 1s"},
           Case{"insecure: 2", "insecure: expected true or false, found '2'"},
           Case{"local_listen: 127.0.0.1:1", "local_listen: expected unix:/path"},
           Case{"log: {level: loud}", "log.level: expected one of debug, error, info"},
           Case{"log: {format: xml}", "log.format: expected one of json, text"},
           Case{"tls: {cert: a}", "tls.key: is missing"},
           Case{"auth: {}", "auth: accepts no caller"},
           Case{"auth: {grants: [{roles: {a: reader}}]}", "names exactly one of certificate"},
           Case{"auth: {grants: [{certificate: 'cn:c', roles: {prod: god}}]}",
                "auth.grants[0].roles.prod: expected one of admin, reader, writer"},
           Case{"auth: {grants: [{certificate: 'cn:c', roles: {}}]}", "names no gateway"},
           Case{"auth: {grants: [{certificate: 'cn:c', roles: {prdo: writer}}]}",
                "auth.grants[0].roles.prdo: No gateway named 'prdo'. Did you mean 'prod'?"},
           Case{
               "auth: {grants: [{certificate: 'spiffe://a/ci', roles: {prod: writer}}]}",
               "auth.grants[0].certificate: 'spiffe://a/ci' does not say which kind of name it is; "
               "begin it with uri:, dns:, email:, ip: or cn:. Did you mean 'uri:spiffe://a/ci'?"},
           Case{"auth: {grants: [{certificate: 'ip:10.0.0.0/8', roles: {prod: writer}}]}",
                "expected one IP address behind ip:"},
           Case{"auth: {grants: [{jwt_group: g, roles: {a: reader}}]}",
                "need the section auth.jwt"},
           Case{"auth: {tokens_file: t, jwt: {issuer: i, audience: a}}",
                "exactly one of jwks_file and jwks_url"},
           Case{"auth: {tokens_file: t, jwt: {issuer: i, audience: a, jwks_url: 'ftp://k'}}",
                "jwks_url: expected a URL such as https://"},
           Case{"auth: {tokens_file: t, jwt: {issuer: i, audience: a, jwks_url: 'http://k/'}}",
                "jwks_url: must begin with https://"},
           Case{"auth: {tokens_file: t, jwt: {issuer: i, audience: a, jwks_url: "
                "'http://127.0.0.1@k/'}}",
                "jwks_url: must begin with https://"},
           Case{"tls: {cert: a, key: b, client_crl: c}", "tls.client_crl: needs tls.client_ca"},
           Case{"tls: {cert: a, key: b, client_auth: optional}", "needs tls.client_ca"},
           Case{"metrics_auth: {user: a}", "metrics_auth.password: is missing"},
           Case{"limits: {max_exports_per_principal: 0}", "expected a whole number from 1"},
           Case{"limits: {memory_quota: 1MiB}", "expected a size from 32MiB"},
           Case{"default_gateway: prd",
                "default_gateway: No gateway named 'prd'. Did you mean 'prod'?"},
           Case{"variables: {a: 1}", "variables: is a key of SQLMesh's config.yaml"},
           Case{"[a]: 1", "a key must be plain text"},
       }) {
    std::string error = ErrorOf(WithGateway(std::string(c.line) + "\n"));
    EXPECT_THAT(error, HasSubstr(std::string("stateserver.yaml:8: "))) << c.line;
    EXPECT_THAT(error, HasSubstr(c.sentence)) << c.line;
  }
}

TEST(Loader, KeysInPlainTextComeOnlyFromThisMachine) {
  for (const char* url :
       {"https://login.example.com/keys", "http://127.0.0.1:8080/keys", "http://localhost/keys",
        "http://[::1]/keys", "http://user:S3CRET@127.0.0.1/keys"}) {
    auto config = Parse(WithGateway(std::string("auth: {tokens_file: t, jwt: {issuer: i, ") +
                                    "audience: a, jwks_url: '" + url + "'}}\n"));
    EXPECT_TRUE(config.ok()) << url << ": " << config.status();
  }
}

TEST(Loader, NoErrorShowsTheSecretsOfAUrl) {
  for (const char* url :
       {"http://user:S3CRET@keys.example.com/", "https://user:S3CR?ET@host/", "ftp://u:S3CRET@h/",
        "http://keys.example.com/?code=S3CRET", "https://user:S3CRET@ho st/"}) {
    std::string error =
        ErrorOf(WithGateway(std::string("auth: {tokens_file: t, jwt: {issuer: i, ") +
                            "audience: a, jwks_url: '" + url + "'}}\n"));
    EXPECT_THAT(error, HasSubstr("auth.jwt.jwks_url: ")) << url;
    EXPECT_THAT(error, Not(HasSubstr("S3CR"))) << url;
  }
}

TEST(Loader, GrantsNameCertificatesInOneForm) {
  auto config =
      Parse(WithGateway("auth: {grants: [{certificate: 'dns:CI.Example.com', roles: {PROD: writer, "
                        "'*': reader}}]}\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->auth.grants[0].name, "dns:ci.example.com");
  EXPECT_EQ(config->auth.grants[0].roles.at("prod"), Role::kWriter);
}

TEST(Loader, RefusesDuplicateKeys) {
  EXPECT_EQ(ErrorOf(WithGateway("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n")),
            "stateserver.yaml:9: listen: given twice, first in line 8");
  EXPECT_EQ(ErrorOf(WithGateway("  PROD:\n    state_connection: {type: embedded, path: x}\n")),
            "stateserver.yaml:8: gateways.PROD: given twice: the names of gateways are compared "
            "without case");
}

TEST(Loader, NamesAHundredProblemsAndCountsTheOthers) {
  std::string keys;
  for (int i = 0; i < 102; ++i) keys += "x" + std::to_string(i) + ": 1\n";
  std::string error = ErrorOf(WithGateway(keys));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 100) << error;
  EXPECT_THAT(error, HasSubstr(": x99: unknown key"));
  EXPECT_THAT(error, EndsWith("\nstateserver.yaml: 2 more problems"));
  std::string one_more = ErrorOf(WithGateway(keys.substr(0, keys.rfind('x'))));
  EXPECT_THAT(one_more, EndsWith("\nstateserver.yaml: 1 more problem"));
}

TEST(Loader, RefusesWhatIsNoConfiguration) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("stateserver.yaml: is empty"));
  EXPECT_THAT(ErrorOf("# nothing\n"), HasSubstr("stateserver.yaml: is empty"));
  EXPECT_THAT(ErrorOf("- a\n"), HasSubstr("expected a mapping of keys to values"));
  EXPECT_THAT(ErrorOf("just text\n"), HasSubstr("expected a mapping of keys to values"));
  EXPECT_THAT(ErrorOf("listen: 127.0.0.1:1\n"), HasSubstr("gateways: is missing"));
  EXPECT_THAT(ErrorOf("gateways: {}\n"), HasSubstr(":1: gateways: has no gateway"));
  EXPECT_THAT(ErrorOf(WithGateway("---\na: 1\n")), HasSubstr("holds a second YAML document"));
}

// yaml-cpp finds endless documents at a comma, which filled the memory.
TEST(Loader, EndsAtACommaOutsideOfBrackets) {
  EXPECT_EQ(ErrorOf(", a: b\n"),
            "stateserver.yaml:1: is not valid YAML: text that belongs to no mapping, such as a "
            "comma");
  EXPECT_THAT(ErrorOf(WithGateway(", a: b\n")), HasSubstr("is not valid YAML"));
}

TEST(Loader, NamesTheLineOfASyntaxError) {
  EXPECT_THAT(ErrorOf("gateways:\n\tprod: 1\n"),
              HasSubstr("stateserver.yaml:2: is not valid YAML: "));
  EXPECT_THAT(ErrorOf("listen: 'open\n"), HasSubstr("is not valid YAML: "));
  EXPECT_THAT(ErrorOf(WithGateway("      password: 'open")), HasSubstr("is not valid YAML: "));
  EXPECT_THAT(ErrorOf(WithGateway("      password: \"open\n")), HasSubstr("is not valid YAML: "));
  EXPECT_THAT(ErrorOf(WithGateway("limits: {keep: 1")), HasSubstr("is not valid YAML: "));
  EXPECT_THAT(ErrorOf("a: b: c\n"), HasSubstr("stateserver.yaml:1: is not valid YAML: "));
  EXPECT_THAT(ErrorOf(std::string(100000, '[')), HasSubstr("stateserver.yaml"));
  EXPECT_THAT(ErrorOf("gateways: *nowhere\n"), HasSubstr("is not valid YAML: "));
}

TEST(Loader, NamesTheVariableThatIsNotSet) {
  EXPECT_EQ(ErrorOf(WithGateway("      password: ${PGPASSWORD}\n")),
            "stateserver.yaml:8: gateways.prod.state_connection.password: the environment variable "
            "PGPASSWORD is not set");
}

TEST(Loader, NeverExpandsIntoTheText) {
  auto config = Parse(WithGateway("      password: ${P}\n"), {{"P", "x\nlisten: evil:1 # '\"}"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[0].state->password.value, "x\nlisten: evil:1 # '\"}");
  EXPECT_EQ(config->listen, "127.0.0.1:7433");
}

TEST(Loader, NeverQuotesAnExpandedValueInAnError) {
  EXPECT_THAT(ErrorOf(WithGateway("      connect_timeout: ${P}\n"), {{"P", "hunter2"}}),
              ::testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(ErrorOf(WithGateway("listen: ${P}\n"), {{"P", "hunter2"}}),
              ::testing::Not(HasSubstr("hunter2")));
}

TEST(Loader, FollowsMergeKeysAndAnchors) {
  auto config = Parse(
      "gateways:\n"
      "  a:\n"
      "    state_connection: &pg {type: postgres, host: h, user: u, database: d}\n"
      "  b:\n"
      "    state_connection:\n"
      "      <<: *pg\n"
      "      database: e\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[1].state->host, "h");
  EXPECT_EQ(config->gateways[1].state->database, "e");
}

class LoaderFile : public ::testing::Test {
 protected:
  LoaderFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "config.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~LoaderFile() override { std::filesystem::remove_all(folder_); }

  std::string WriteConfig(const std::string& text) {
    std::string path = folder_ + "/stateserver.yaml";
    std::ofstream(path) << text;
    return path;
  }

  std::string folder_;
};

TEST_F(LoaderFile, TakesVariablesFromTheProcess) {
  setenv("STATESERVER_TEST_PASSWORD", "from the process", 1);
  auto config =
      LoadConfig(WriteConfig(WithGateway("      password: ${STATESERVER_TEST_PASSWORD}\n")));
  unsetenv("STATESERVER_TEST_PASSWORD");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[0].state->password.value, "from the process");
}

TEST_F(LoaderFile, NamesAFileThatIsNotThere) {
  auto config = LoadConfig(folder_ + "/none.yaml");
  EXPECT_EQ(config.status().message(),
            folder_ + "/none.yaml: cannot be read: No such file or directory");
  EXPECT_EQ(ReasonOf(config.status()), Reason::ARGUMENT_INVALID);
}

TEST_F(LoaderFile, NamesAFileThatMayNotBeRead) {
  std::string path = WriteConfig(WithGateway(""));
  std::filesystem::permissions(path, std::filesystem::perms::none);
  // Root may read anything; then there is nothing to refuse.
  auto config = LoadConfig(path);
  if (geteuid() == 0) {
    EXPECT_TRUE(config.ok()) << config.status();
  } else {
    EXPECT_EQ(config.status().message(), path + ": cannot be read: Permission denied");
  }
}

TEST_F(LoaderFile, RefusesAFolderAndAHugeFile) {
  EXPECT_EQ(LoadConfig(folder_).status().message(),
            folder_ + ": cannot be read: it is a directory");
  std::string path = WriteConfig(std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(LoadConfig(path).status().message(),
            path + ": cannot be read: it is larger than 1 MiB");
}

TEST_F(LoaderFile, RefusesWhatHasNoEnd) {
  EXPECT_EQ(LoadConfig("/dev/zero").status().message(),
            "/dev/zero: cannot be read: it is not a regular file");
  std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(LoadConfig(pipe).status().message(),
            pipe + ": cannot be read: it is not a regular file");
}

// libpq would open the FIFO and wait for its writer.
TEST_F(LoaderFile, RefusesACertificateThatIsNotARegularFile) {
  std::string pipe = folder_ + "/ca.crt";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::string path = WriteConfig(WithGateway("      sslrootcert: ca.crt\n"));
  EXPECT_EQ(
      LoadConfig(path).status().message(),
      path + ": gateways.prod.state_connection.sslrootcert: '" + pipe + "' is not a regular file");
  std::filesystem::remove(pipe);
  EXPECT_TRUE(LoadConfig(path).ok()) << "a file may be created later";
}

constexpr char kTooLarge[] =
    "stateserver.yaml: contains more than 500,000 values or 16 MiB of text after its aliases are "
    "expanded, or is nested more than 256 levels deep";

TEST(Loader, RefusesABillionLaughs) {
  std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 10; ++i) {
    std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int k = 1; k < 10; ++k) text += ", " + alias;
    text += "]\n";
  }
  EXPECT_EQ(ErrorOf(text), kTooLarge);
}

TEST(Loader, RefusesALongTextThatIsUsedOftenAndAnAliasOfItself) {
  std::string text = "long: &long " + std::string(500'000, 'x') + "\nmany: [*long";
  for (int i = 0; i < 100; ++i) text += ", *long";
  EXPECT_EQ(ErrorOf(text + "]\n"), kTooLarge);
  EXPECT_EQ(ErrorOf("gateways: &self\n  prod: *self\n"), kTooLarge);
}

TEST(Loader, AcceptsAliasesThatStandForLittle) {
  auto config = Parse(
      "gateways:\n"
      "  prod: &prod\n"
      "    state_connection: {type: postgres, host: db, user: u, database: d}\n"
      "  other: *prod\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways.size(), 2);
}

// With backtracking, the first line takes minutes and the second overflows the stack.
TEST(Loader, ReadsLongLinesWithBraces) {
  std::string braces;
  for (int i = 0; i < 20'000; ++i) braces += "}}  ";
  EXPECT_NE(ErrorOf("key: {{" + braces + "x#\n"), "");
  EXPECT_NE(ErrorOf("key: {{" + std::string(1'000'000, ' ') + "}}\n"), "");
}

TEST(Loader, QuotesATemplateButNotTheCommentBehindIt) {
  auto config = Parse(WithGateway("      password: {{ env_var('P') }}-x   # {{ see }\n"
                                  "      application_name:  {{ env_var('N', ' #1') }}\r\n"),
                      {{"P", "it's"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[0].state->password.value, "it's-x");
  EXPECT_EQ(config->gateways[0].state->application_name, " #1");
}

TEST(EmbeddedConfig, ServesOneGatewayLocal) {
  Config config = EmbeddedConfig("some/dir");
  ASSERT_EQ(config.gateways.size(), 1);
  EXPECT_EQ(config.default_gateway, "local");
  EXPECT_EQ(config.gateways[0].state->type, StateConnection::Type::kEmbedded);
  EXPECT_EQ(config.gateways[0].state->path,
            (std::filesystem::current_path() / "some/dir").string());
  EXPECT_EQ(config.gateways[0].state_schema, "sqlmesh");
}

TEST(FindGateway, ComparesWithoutCaseAndKnowsTheDefault) {
  auto config = Parse(kFull, {{"PGPASSWORD", "p"}, {"PROGRAM", "fp"}});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->FindGateway("PROD")->name, "prod");
  EXPECT_EQ(config->FindGateway("")->name, "prod");
  EXPECT_EQ(config->FindGateway("none"), nullptr);
}

TEST(ChangesThatNeedRestart, AreTheListenersAlone) {
  auto before = Parse(kFull, {{"PGPASSWORD", "p"}, {"PROGRAM", "fp"}});
  ASSERT_TRUE(before.ok());
  Config after = *before;
  after.gateways.pop_back();
  after.auth.tokens_file = "/other";
  after.tls.cert = "/other.crt";
  after.restore_points.keep = 1;
  after.limits.lock_timeout = absl::Seconds(1);
  EXPECT_THAT(ChangesThatNeedRestart(*before, after), IsEmpty());
  after.listen = "127.0.0.1:1";
  after.metrics_listen = "";
  after.reflection = true;
  EXPECT_THAT(ChangesThatNeedRestart(*before, after),
              ElementsAre("listen", "metrics_listen", "reflection"));
}

}  // namespace
}  // namespace stateserver::config
