// SPDX-License-Identifier: Apache-2.0
//
// The gateways block, as SQLMesh writes it and beyond.
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/platform/config/config.h"
#include "tests/unit/server/platform/config/helpers.h"

namespace stateserver::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

// Every key that SQLMesh 0.236.4 has for a gateway and for its postgres connection.
constexpr char kPasted[] = R"(
gateways:
  Prod:
    connection:
      type: snowflake
      account: "{{ env_var('NOT_SET_HERE') }}"
      password: secret
      concurrent_tasks: 4
    state_connection:
      type: postgres
      host: {{ env_var('PG_HOST', 'db.example') }}  # unquoted, as in SQLMesh's documentation
      port: "{{ env_var('PG_PORT') }}"
      user: sqlmesh
      password: {{ env_var('PG_PASSWORD') }}
      database: state
      keepalives_idle: 30
      connect_timeout: 7
      role: state_writer
      sslmode: require
      application_name: sqlmesh
      concurrent_tasks: 8
      register_comments: false
      pre_ping: true
      pretty_sql: false
      schema_differ_overrides: {a: 1}
      catalog_type_overrides: null
    test_connection: {type: duckdb}
    scheduler: {type: builtin}
    state_schema: sqlmesh_prod
    variables: {a: "{{ env_var('NOT_SET_HERE') }}"}
    model_defaults: {dialect: snowflake}
  dev:
    connection: {type: postgres, host: h, user: u, password: p, port: 5433, database: d}
  local:
    connection: {type: duckdb, database: db.db}
)";

TEST(Gateways, AcceptABlockPastedFromSqlmesh) {
  auto config = Parse(kPasted, {{"PG_PORT", "6432"}, {"PG_PASSWORD", "p'}}: #"}});
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->gateways.size(), 3);
  const Gateway& prod = config->gateways[0];
  EXPECT_EQ(prod.name, "prod");
  EXPECT_EQ(prod.state->host, "db.example");
  EXPECT_EQ(prod.state->port, "6432");
  EXPECT_EQ(prod.state->password.value, "p'}}: #");
  EXPECT_EQ(prod.state->keepalives_idle_seconds, 30);
  EXPECT_EQ(prod.state->connect_timeout_seconds, 7);
  EXPECT_EQ(prod.state->role, "state_writer");
  EXPECT_EQ(prod.state->application_name, "sqlmesh");
  EXPECT_EQ(prod.state_schema, "sqlmesh_prod");
  EXPECT_EQ(prod.warehouse->type, "snowflake");
  EXPECT_EQ(config->default_gateway, "prod");
}

TEST(Gateways, NameEveryUnusedKey) {
  auto config = Parse(kPasted, {{"PG_PORT", "6432"}, {"PG_PASSWORD", "p"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(
      config->unused_keys,
      UnorderedElementsAre(
          "gateways.Prod.connection (snowflake)", "gateways.Prod.state_connection.concurrent_tasks",
          "gateways.Prod.state_connection.register_comments",
          "gateways.Prod.state_connection.pre_ping", "gateways.Prod.state_connection.pretty_sql",
          "gateways.Prod.state_connection.schema_differ_overrides", "gateways.Prod.test_connection",
          "gateways.Prod.scheduler", "gateways.Prod.variables", "gateways.Prod.model_defaults",
          "gateways.local.connection (duckdb)"));
}

TEST(Gateways, ServeStateFromAPostgresConnectionAlone) {
  auto config = Parse(kPasted, {{"PG_PORT", "6432"}, {"PG_PASSWORD", "p"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[1].state->port, "5433");
  EXPECT_EQ(config->gateways[1].warehouse, std::nullopt);
  EXPECT_EQ(config->gateways[2].state, std::nullopt);
  EXPECT_EQ(config->gateways[2].warehouse->type, "duckdb");
}

TEST(Gateways, PreferTheStateConnectionToAPostgresWarehouse) {
  auto config =
      Parse(WithGateway("    connection: {type: postgres, host: w, user: u, password: p, port: 1, "
                        "database: warehouse}\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[0].state->database, "state");
  EXPECT_THAT(config->unused_keys, ElementsAre("gateways.prod.connection (postgres)"));
}

TEST(Gateways, MayBeOneNamelessGateway) {
  auto config = Parse("gateways:\n  connection: {type: starrocks, host: fe, user: root}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->default_gateway, "default");
  EXPECT_EQ(config->gateways[0].warehouse->host, "fe");
  EXPECT_EQ(config->gateways[0].state, std::nullopt);
}

TEST(Gateways, TakeAUrlAsConnection) {
  auto config = Parse("gateways:\n  connection: starrocks://root:pw@fe:9031/sales\n");
  ASSERT_TRUE(config.ok()) << config.status();
  const auto& warehouse = config->gateways.at(0).warehouse;
  ASSERT_TRUE(warehouse.has_value());
  EXPECT_EQ(warehouse->host, "fe");
  EXPECT_EQ(warehouse->password.value, "pw");
  EXPECT_EQ(warehouse->database, "sales");
}

TEST(Gateways, KeepAGatewayWhoseStateIsElsewhere) {
  auto config =
      Parse(WithGateway("  dev:\n    state_connection: {type: duckdb, database: x}\n"
                        "    connection: {type: postgres, host: h, user: u, "
                        "password: p, port: 1, database: d}\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[1].state, std::nullopt);
  EXPECT_EQ(config->gateways[1].unsupported_state_type, "duckdb");
  EXPECT_EQ(config->gateways[1].warehouse->type, "postgres");
}

TEST(Gateways, DefaultToTheFirstWhoseStateIsServed) {
  for (const char* unserved :
       {"connection: {type: duckdb, database: x}", "state_connection: {type: mysql, host: h}",
        "{state_connection: {type: duckdb}, connection: {type: starrocks, "
        "host: fe, user: root}}"}) {
    std::string local = std::string("  local:\n    ") + unserved + "\n";
    std::string text = WithGateway("");
    text.insert(text.find("  prod:"), local);
    auto config = Parse(text);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->default_gateway, "prod") << unserved;
    EXPECT_NE(config->gateways[0].unsupported_state_type, "");
    EXPECT_THAT(
        ErrorOf("default_gateway: Local\n" + text),
        AllOf(HasSubstr("stateserver.yaml:1: default_gateway: gateway 'local' has its state "
                        "in a connection of type "),
              HasSubstr("; name one whose state is served: prod")))
        << unserved;
  }
}

TEST(Gateways, HaveNoDefaultWhereNoStateIsServed) {
  constexpr char kOne[] =
      "gateways:\n  local:\n    state_connection: {type: duckdb}\n"
      "    connection: {type: starrocks, host: fe, user: root}\n";
  auto config = Parse(kOne);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->default_gateway, "");
  EXPECT_THAT(ErrorOf(std::string("default_gateway: local\n") + kOne),
              HasSubstr("no other gateway has one that is. Move the state to PostgreSQL"));
}

TEST(Gateways, ANullKeyLeavesTheOthersAsTheyAre) {
  auto config = Parse(
      "gateways:\n  a:\n    test_connection: null\n    state_schema: s\n    state_connection:\n"
      "      {role: null, sslmode: null, type: postgres, host: h, port: 1, user: u, password: p, "
      "application_name: n, database: d, sslcert: null, connect_timeout: 7}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[0].state_schema, "s");
  const StateConnection& state = *config->gateways[0].state;
  EXPECT_EQ(state.host, "h");
  EXPECT_EQ(state.port, "1");
  EXPECT_EQ(state.user, "u");
  EXPECT_EQ(state.password.value, "p");
  EXPECT_EQ(state.application_name, "n");
  EXPECT_EQ(state.database, "d");
  EXPECT_EQ(state.connect_timeout_seconds, 7);
}

TEST(Gateways, TakeACommandForThePassword) {
  auto config =
      Parse(WithGateway("      password_command: [/bin/sh, -c, 'echo ${NAME}']\n"
                        "      password_command_ttl: 5m\n"
                        "      password_command_timeout: 7s\n"
                        "    read_replica: {host: standby}\n"
                        "  other:\n"
                        "    state_connection:\n"
                        "      {type: postgres, host: h, user: u, database: d, password: '',"
                        " password_command: [sh]}\n"
                        "    read_replica: {host: standby, password: p}\n"),
            {{"NAME", "n"}});
  ASSERT_TRUE(config.ok()) << config.status();
  const StateConnection& state = *config->gateways[0].state;
  EXPECT_THAT(state.password_command, ElementsAre("/bin/sh", "-c", "echo n"));
  EXPECT_EQ(state.password_command_ttl, absl::Minutes(5));
  EXPECT_EQ(state.password_command_timeout, absl::Seconds(7));
  EXPECT_EQ(config->gateways[0].read_replica->connection.password_command, state.password_command);
  EXPECT_EQ(config->gateways[1].state->password_command_ttl, absl::Minutes(10));
  EXPECT_THAT(config->gateways[1].read_replica->connection.password_command, ElementsAre());
}

TEST(Gateways, CheckTheCommandForThePassword) {
  const std::string folder = ::testing::TempDir();
  std::ofstream(folder + "/plain") << "";
  struct Case {
    std::string lines;
    std::string sentence;
  };
  for (const Case& c : {
           Case{"password_command: [sh]\n      password: p",
                ":8: gateways.prod.state_connection.password_command: excludes a password"},
           Case{"password_command: gcloud", "expected a list of words such as [aws, rds"},
           Case{"password_command: []", "expected a list of words"},
           Case{"password_command_ttl: 5m", "password_command_ttl: needs password_command"},
           Case{"password_command_timeout: 5s", "password_command_timeout: needs"},
           Case{"password_command: [sh]\n      password_command_timeout: 0s", "_timeout: expected"},
           Case{"password_command: [no-such-program]",
                "password_command: no program 'no-such-program' on the server's PATH"},
           Case{"password_command: [" + folder + "/none]", "none' is not a program"},
           Case{"password_command: [" + folder + "/plain]", "plain' is not a program"},
       }) {
    EXPECT_THAT(ErrorOf(WithGateway("      " + c.lines + "\n")), HasSubstr(c.sentence)) << c.lines;
  }
  EXPECT_THAT(ErrorOf("gateways: {a: {connection: {type: starrocks, host: h, user: u, "
                      "password_command: [sh]}}}\n"),
              HasSubstr("password_command: works for PostgreSQL only"));
}

// All keys of SQLMesh 0.236.4.
constexpr char kGcp[] = R"(
      type: gcp_postgres
      instance_connection_string: project:region:instance
      user: sa@project.iam
      db: state
      enable_iam_auth: true
      password: null
      ip_type: private
      keyfile: /keys/sa.json
      keyfile_json: {a: 1}
      timeout: 30
      scopes: [https://www.googleapis.com/auth/sqlservice.admin]
      driver: pg8000
      pre_ping: true
)";

TEST(Gateways, ServeCloudSqlWhereAnAddressIsGiven) {
  for (const char* block : {"state_connection", "connection"}) {
    auto config = Parse(std::string("gateways:\n  gcp:\n    ") + block + ":" + kGcp +
                        "      host: 127.0.0.1\n      port: 5433\n      password_command: [sh]\n");
    ASSERT_TRUE(config.ok()) << config.status();
    const StateConnection& state = *config->gateways[0].state;
    EXPECT_EQ(state.host, "127.0.0.1");
    EXPECT_EQ(state.port, "5433");
    EXPECT_EQ(state.user, "sa@project.iam");
    EXPECT_EQ(state.database, "state");
    EXPECT_THAT(state.password_command, ElementsAre("sh"));
    EXPECT_EQ(config->default_gateway, "gcp");
  }
}

TEST(Gateways, SayWhatACloudSqlConnectionNeeds) {
  const std::string gcp = std::string("  gcp:\n    state_connection:") + kGcp;
  auto config = Parse(WithGateway(gcp));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[1].state, std::nullopt);
  EXPECT_EQ(config->gateways[1].unsupported_state_type, "gcp_postgres");
  const char* hint =
      "Run `cloud-sql-proxy --auto-iam-authn project:region:instance` and add the `host` and "
      "`port` of the proxy";
  EXPECT_THAT(config->gateways[1].unsupported_state_hint, HasSubstr(hint));
  EXPECT_THAT(ErrorOf("gateways:\n" + gcp), HasSubstr(hint));
  EXPECT_THAT(ErrorOf("gateways:\n" + gcp + "      host: h\n      database: d\n"),
              HasSubstr("database: unknown key"));
}

TEST(Gateways, ReadSeveralHosts) {
  auto config = Parse(
      "gateways:\n  a:\n    state_connection: {type: postgres, host: 'h1,h2', port: '1,2', "
      "user: u, database: d, target_session_attrs: read-write}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->gateways[0].state->host, "h1,h2");
  EXPECT_EQ(config->gateways[0].state->port, "1,2");
  EXPECT_EQ(config->gateways[0].state->target_session_attrs, "read-write");
}

TEST(Gateways, AreRefused) {
  struct Case {
    const char* gateway;
    const char* sentence;
  };
  for (const Case& c : {
           Case{"{}", "gateways.a: needs a state_connection or a connection"},
           Case{"{state_connection: null}", "needs a state_connection or a connection"},
           Case{"{connection: {type: duckdb}}", "gateways: no gateway has a state_connection"},
           Case{"{state_connection: {host: h}}", "gateways.a.state_connection.type: is missing"},
           Case{"{state_connection: {type: postgress}}",
                "No connection type named 'postgress'. Did you mean 'postgres'?"},
           Case{"{connection: {type: embedded, path: x}}", "No connection type named 'embedded'."},
           Case{"{state_connection: {type: embedded}}", "state_connection.path: is missing"},
           Case{"{state_connection: {type: embedded, path: ''}}", "path: must not be empty"},
           Case{"{state_connection: {type: embedded, path: x, host: h}}", "host: unknown key"},
           Case{"{state_connection: postgres}", "expected a mapping, found a single value"},
           Case{"{conection: {type: postgres}}", "unknown key. Did you mean 'connection'?"},
           Case{"7", "gateways.a: expected a mapping, found a single value"},
           Case{"{connection: {type: starrocks, host: h}}",
                "gateways.a.connection.user: is missing"},
           Case{"{connection: {type: starrocks, host: h, user: u, port: x}}",
                "expected a whole number from 1 to 65535, found 'x'"},
           Case{"{connection: {type: starrocks, host: h, user: u, http_port: 8030}}",
                "http_port: unknown key"},
           Case{"{connection: {type: starrocks, host: h, user: u, run_mode: x}}",
                "run_mode: expected one of shared_data, shared_nothing, found 'x'"},
           Case{"{connection: 'starrocks://root:secret@'}", "The StarRocks URL has no host"},
           Case{"{connection: 'mysql://root:secret@h/'}", "does not begin with starrocks://"},
       }) {
    std::string error = ErrorOf(std::string("gateways:\n  a: ") + c.gateway + "\n");
    EXPECT_THAT(error, HasSubstr(c.sentence)) << c.gateway;
  }
}

TEST(Gateways, RefuseAPostgresConnectionInDetail) {
  struct Case {
    const char* line;
    const char* sentence;
  };
  for (const Case& c : {
           Case{"port: 70000", "port: expected a port from 1 to 65535"},
           Case{"port: '1,2'", "or one for each host separated by commas"},
           Case{"port: abc", "port: expected a port"},
           Case{"password:", "password: has no value; write '' for an empty text"},
           Case{"sslmode: sure", "sslmode: expected one of allow, disable"},
           Case{"target_session_attrs: master", "expected one of any, prefer-standby"},
           Case{"connect_timeout: soon", "expected a whole number from 0 to 86400"},
           Case{"role: 'x; DROP TABLE t'", "role: expected the name of a role"},
           Case{"sslrotcert: x", "unknown key. Did you mean 'sslrootcert'?"},
       }) {
    std::string error = ErrorOf(WithGateway(std::string("      ") + c.line + "\n"));
    EXPECT_THAT(error, HasSubstr("stateserver.yaml:8: gateways.prod.state_connection.")) << c.line;
    EXPECT_THAT(error, HasSubstr(c.sentence)) << c.line;
  }
  EXPECT_THAT(ErrorOf(WithGateway("    state_schema: ''\n")),
              HasSubstr(":8: gateways.prod.state_schema: must not be empty"));
}

}  // namespace
}  // namespace stateserver::config
