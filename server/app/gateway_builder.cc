// SPDX-License-Identifier: Apache-2.0

#include "server/app/gateway_builder.h"

#include <charconv>
#include <utility>

#include "common/error.h"
#include "common/network_address.h"
#include "common/text.h"
#include "server/platform/config/conninfo.h"
#include "server/platform/embedded/embedded.h"
#include "server/platform/postgres/password_command.h"

namespace stateserver::app {
namespace {

constexpr int kMonitorConnections = 2;

bool IsEmbedded(const config::StateConnection& connection) {
  return connection.type == config::StateConnection::Type::kEmbedded;
}

// A pool with a password command is not shared: errors of the command name the gateway.
std::string PasswordKey(const config::StateConnection& connection, const std::string& gateway) {
  if (connection.password_command.empty()) return "";
  std::string key = gateway;
  for (const std::string& word : connection.password_command) AppendTo(&key, '\0', word);
  AppendTo(&key, '\0', absl::FormatDuration(connection.password_command_ttl), '\0',
           absl::FormatDuration(connection.password_command_timeout), '\0');
  return key;
}

std::shared_ptr<postgres::PasswordCommand> PasswordCommandOf(
    const config::StateConnection& connection, const std::string& gateway) {
  if (connection.password_command.empty()) return nullptr;
  postgres::PasswordCommandOptions options;
  options.gateway = gateway;
  options.command = connection.password_command;
  options.environment = postgres::PasswordEnvironment(
      {Cat("STATESERVER_GATEWAY=", gateway), Cat("PGHOST=", connection.host),
       Cat("PGPORT=", connection.port), Cat("PGUSER=", connection.user),
       Cat("PGDATABASE=", connection.database)});
  options.ttl = connection.password_command_ttl;
  options.timeout = connection.password_command_timeout;
  return std::make_shared<postgres::PasswordCommand>(std::move(options));
}

// Returns a key that is equal for equal pools. Embedded clusters have no settings other than their
// folder.
std::string KeyOf(const config::StateConnection& connection, const PoolSettings& settings) {
  if (IsEmbedded(connection)) return "embedded:" + connection.path;
  return Cat(PasswordKey(connection, settings.gateway), config::Conninfo(connection), '\0',
             config::SetupSql(connection), '\0', settings.max_connections, '\0',
             absl::ToInt64Seconds(settings.max_age), '\0',
             static_cast<int>(settings.keeps_sessions), '\0',
             absl::ToInt64Milliseconds(settings.lost_connection_timeout), '\0',
             absl::ToInt64Milliseconds(settings.idle_transaction_timeout));
}

// Returns the first port of a list.
int FirstPort(const std::string& ports) {
  int port = 0;
  std::from_chars(ports.data(), ports.data() + ports.size(), port);
  return port;
}

void Describe(const config::StateConnection& connection, gateways::Gateway* gateway) {
  if (IsEmbedded(connection)) {
    gateway->state_type = "embedded";
    gateway->host = connection.path;
    gateway->database = "state";
    gateway->user = "stateserver";
    return;
  }
  gateway->state_type = "postgres";
  gateway->host = connection.host;
  gateway->port = FirstPort(connection.port);
  gateway->addresses = PairHostsWithPorts(connection.host, connection.port);
  gateway->database = connection.database;
  gateway->user = connection.user;
}

}  // namespace

// Backend is one database: its pools and, if it is embedded, its cluster.
struct GatewayBuilder::Backend {
  std::unique_ptr<postgres::EmbeddedPostgres> cluster;  // first member: it outlives the pools
  std::shared_ptr<postgres::Pool> pool;
  std::shared_ptr<postgres::Pool> monitor_pool;
};

absl::StatusOr<std::shared_ptr<GatewayBuilder::Backend>> GatewayBuilder::OpenBackend(
    const config::StateConnection& connection, const PoolSettings& settings) {
  auto backend = std::make_shared<Backend>();
  postgres::PoolOptions options;
  if (IsEmbedded(connection)) {
    postgres::EmbeddedOptions embedded;
    embedded.dir = connection.path;
    embedded.on_event = [&logger = logger_, dir = connection.path](const std::string& sentence) {
      logger.Log(telemetry::LogLevel::kWarning, sentence, {{"embedded", dir}});
    };
    ASSIGN_OR_RETURN(backend->cluster, postgres::EmbeddedPostgres::Start(std::move(embedded)));
    options.conninfo = backend->cluster->conninfo();
  } else {
    options.conninfo = config::Conninfo(connection);
    options.setup_sql = config::SetupSql(connection);
    options.password = PasswordCommandOf(connection, settings.gateway);
  }
  options.max_connections = settings.max_connections;
  options.max_age = settings.max_age;
  options.pooler_keeps_sessions = settings.keeps_sessions;
  options.lost_connection_timeout = settings.lost_connection_timeout;
  options.idle_transaction_timeout = settings.idle_transaction_timeout;
  backend->pool = std::make_shared<postgres::Pool>(options);
  options.max_connections = kMonitorConnections;
  backend->monitor_pool = std::make_shared<postgres::Pool>(options);
  return backend;
}

absl::StatusOr<std::shared_ptr<GatewayBuilder::Backend>> GatewayBuilder::FindBackend(
    const config::StateConnection& connection, const PoolSettings& settings) {
  std::weak_ptr<Backend>& known = backends_[KeyOf(connection, settings)];
  if (std::shared_ptr<Backend> backend = known.lock()) return backend;
  ASSIGN_OR_RETURN(std::shared_ptr<Backend> backend, OpenBackend(connection, settings));
  known = backend;
  return backend;
}

absl::StatusOr<gateways::Gateway> GatewayBuilder::BuildOne(const config::Gateway& configured,
                                                           const config::Limits& limits,
                                                           bool is_default) {
  gateways::Gateway gateway;
  gateway.name = configured.name;
  gateway.is_default = is_default;
  gateway.state_schema = configured.state_schema;
  gateway.rewrite_python = configured.rewrite_python;
  if (configured.warehouse.has_value()) {
    gateway.warehouse_type = configured.warehouse->type;
    if (configured.warehouse->is_starrocks()) gateway.warehouse = configured.warehouse;
  }
  gateway.unserved_state_type = configured.unsupported_state_type;
  gateway.unserved_state_hint = configured.unsupported_state_hint;
  if (!configured.state.has_value()) return gateway;
  Describe(*configured.state, &gateway);
  gateway.max_connections = limits.max_database_connections;
  PoolSettings settings{configured.name,
                        limits.max_database_connections,
                        limits.max_database_connection_age,
                        configured.pool_mode == config::PoolMode::kSession,
                        limits.lost_connection_timeout,
                        limits.idle_transaction_timeout};
  auto backend = FindBackend(*configured.state, settings);
  if (!backend.ok()) return WithFact(backend.status(), "gateway", configured.name);
  if (configured.read_replica) {
    ASSIGN_OR_RETURN(auto replica, FindBackend(configured.read_replica->connection, settings));
    gateway.replica_pool = std::shared_ptr<postgres::Pool>(replica, replica->pool.get());
    gateway.max_staleness = configured.read_replica->max_staleness;
  }
  // The pools keep the whole backend alive, so that a call that holds a gateway across a reload
  // keeps its cluster too.
  gateway.pool = std::shared_ptr<postgres::Pool>(*backend, (*backend)->pool.get());
  gateway.monitor_pool = std::shared_ptr<postgres::Pool>(*backend, (*backend)->monitor_pool.get());
  return gateway;
}

absl::StatusOr<std::vector<gateways::Gateway>> GatewayBuilder::Build(const config::Config& config) {
  std::vector<gateways::Gateway> built;
  const config::Gateway* default_gateway = config.FindGateway("");
  for (const config::Gateway& gateway : config.gateways) {
    ASSIGN_OR_RETURN(gateways::Gateway one,
                     BuildOne(gateway, config.limits, &gateway == default_gateway));
    built.push_back(std::move(one));
  }
  std::erase_if(backends_, [](const auto& entry) { return entry.second.expired(); });
  return built;
}

}  // namespace stateserver::app
