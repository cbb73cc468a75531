// SPDX-License-Identifier: Apache-2.0
//
// The server's configuration as one value, merged from the file, the environment and the command
// line. Plain data without dependencies on YAML or flags.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/platform/config/auth.h"

namespace stateserver::config {

// Secret holds a password. It has no stream operator, so it is not logged by accident.
struct Secret {
  std::string value;
  bool operator==(const Secret&) const = default;
};

// StateConnection is the location of SQLMesh's state tables.
struct StateConnection {
  enum class Type { kPostgres, kEmbedded };
  Type type = Type::kPostgres;

  // For kPostgres. `host` and `port` may be comma-separated lists, as in libpq: either one port
  // serves all hosts, or there are as many ports as hosts.
  std::string host;
  std::string port = "5432";
  std::string user;
  Secret password;
  // A program that prints the password, and its arguments; empty if there is none, and always if
  // there is a password. Its output is kept for `password_command_ttl`, unless it says when it
  // expires.
  std::vector<std::string> password_command;
  absl::Duration password_command_ttl = absl::Minutes(10);
  absl::Duration password_command_timeout = absl::Seconds(30);
  std::string database;
  std::optional<std::string> sslmode;
  std::optional<std::string> sslrootcert;
  std::optional<std::string> sslcert;
  std::optional<std::string> sslkey;
  std::optional<std::string> target_session_attrs;
  std::optional<std::string> application_name;
  // Role assumed after connecting (SET ROLE); see SetupSql in conninfo.h.
  std::optional<std::string> role;
  int connect_timeout_seconds = 10;
  std::optional<int> keepalives_idle_seconds;

  // For kEmbedded: the absolute path of the private cluster's folder. Several gateways may name the
  // same folder with different schemas; they share one cluster.
  std::string path;

  bool operator==(const StateConnection&) const = default;
};

// Warehouse is a gateway's `connection`. Only StarRocks is used; for any other type only the type's
// name is kept.
struct Warehouse {
  std::string type;
  std::string host;
  int port = 9030;
  std::string user;
  Secret password;
  // Set only from a URL; empty means default_catalog.
  std::string catalog;
  std::optional<std::string> database;
  std::optional<std::string> charset;
  std::optional<std::string> collation;
  bool ssl_disabled = false;
  // "shared_nothing" or "shared_data"; needed if the role may not query it and the tables of the
  // database do not reveal it. Not a key of SQLMesh.
  std::optional<std::string> run_mode;

  bool is_starrocks() const { return type == "starrocks"; }
  bool operator==(const Warehouse&) const = default;
};

// ReadReplica is a hot standby that exports may be read from.
struct ReadReplica {
  StateConnection connection;
  // Maximum age of the data. If the standby is further behind, the primary is read.
  absl::Duration max_staleness = absl::Seconds(10);

  bool operator==(const ReadReplica&) const = default;
};

// PoolMode is the kind of connection pooler between the server and PostgreSQL.
enum class PoolMode {
  kNone,     // no pooler expected; if one is found, it is used for reads only
  kSession,  // a pooler that keeps one connection for each client session
};

struct Gateway {
  // Lower case, because SQLMesh compares gateway names without case.
  std::string name;
  // Empty if the gateway has no state that this server can serve.
  std::optional<StateConnection> state;
  // Type of the connection that holds the state, such as "duckdb", if this server does not serve
  // it: that of the state_connection or, as in SQLMesh, of the connection. May be set if `state` is
  // empty.
  std::string unsupported_state_type;
  // How to make the server serve this state.
  std::string unsupported_state_hint;
  std::string state_schema = "sqlmesh";
  std::optional<Warehouse> warehouse;
  std::optional<ReadReplica> read_replica;
  PoolMode pool_mode = PoolMode::kNone;
  // The Python release of those who plan, such as 3.12 or 3.12.3, in whose form migrations write
  // Python payloads. If empty, what the state tells, or else the release of the rewrite worker.
  std::string rewrite_python;

  bool operator==(const Gateway&) const = default;
};

// The way out for a state in a connection of a type that is never served.
inline constexpr std::string_view kMoveUnservedState =
    "Move the state to PostgreSQL: run `sqlmesh state export`, give the gateway a state_connection "
    "of type postgres or embedded here and in SQLMesh's configuration, and import the file.";

// Tls holds absolute paths of PEM files. Without `cert` the listener uses plain text. With
// `client_ca` every client must present a certificate signed by it; if `client_auth_optional` is
// set, a client may omit it. With `client_crl`, none of the certificates of its chain may be
// revoked.
struct Tls {
  std::string cert;
  std::string key;
  std::string client_ca;
  std::string client_crl;
  bool client_auth_optional = false;

  bool enabled() const { return !cert.empty(); }
  bool operator==(const Tls&) const = default;
};

struct Limits {
  // Maximum concurrent imports and state file upgrades: in total, per gateway and per principal.
  // Then the same for exports.
  int max_concurrent_imports = 2;
  int max_imports_per_gateway = 2;
  int max_imports_per_principal = 2;
  int max_concurrent_exports = 8;
  int max_exports_per_gateway = 8;
  int max_exports_per_principal = 4;
  // Maximum concurrent calls that parse files or compare schemas: in total and per principal.
  int max_concurrent_schema_calls = 4;
  int max_schema_calls_per_principal = 2;
  // Maximum concurrent calls. Each uses one thread.
  int max_concurrent_calls = 200;
  // Maximum concurrent calls per address (an IPv4 address, or the /64 of an IPv6 address) and per
  // principal.
  int max_calls_per_address = 128;
  int max_calls_per_principal = 64;
  // Maximum connections in total, which the limit on open files may lower, and per address.
  int max_connections = 1024;
  int max_connections_per_address = 256;
  int max_streams_per_connection = 100;
  // Maximum time from accepting a connection to its first HTTP/2 bytes, including TLS.
  absl::Duration handshake_timeout = absl::Seconds(20);
  int64_t max_message_bytes = 4 << 20;
  // Maximum memory for messages in transit over all connections, in bytes.
  int64_t memory_quota = 256 << 20;
  // Maximum duration of a call, regardless of the caller's deadline.
  absl::Duration max_call_time = absl::Hours(24);
  // Maximum duration of a unary read.
  absl::Duration read_timeout = absl::Minutes(1);
  // Maximum time for which the peer of a stream may neither send nor receive.
  absl::Duration stream_idle_timeout = absl::Minutes(1);
  // Age after which a connection is closed gracefully; calls in progress continue.
  absl::Duration max_connection_age = absl::Minutes(30);
  // Minimum interval between pings. Clients that ping more often are disconnected.
  absl::Duration min_ping_interval = absl::Seconds(10);
  // Maximum PostgreSQL connections per gateway, and their maximum age.
  int max_database_connections = 16;
  absl::Duration max_database_connection_age = absl::Minutes(30);
  // Maximum silence on a connection to PostgreSQL before either side closes it.
  absl::Duration lost_connection_timeout = absl::Seconds(30);
  // Maximum time for which PostgreSQL keeps a transaction that waits for this server.
  absl::Duration idle_transaction_timeout = absl::Minutes(2);
  absl::Duration shutdown_grace = absl::Seconds(30);
  absl::Duration lock_timeout = absl::Seconds(10);
  // Time for which a warehouse lock outlives the server that holds it.
  absl::Duration schema_lock_lease = absl::Seconds(15);
  // Maximum time for a Python worker to start, and for each of its answers.
  absl::Duration worker_timeout = absl::Minutes(1);
  // Address space of each worker process, in bytes.
  int64_t worker_memory = int64_t{2} << 30;

  bool operator==(const Limits&) const = default;
};

// RestorePoints is the retention policy: restore points beyond the newest `keep`, or older than
// `max_age`, are removed. The newest always stays.
struct RestorePoints {
  int keep = 20;
  absl::Duration max_age = absl::Hours(24 * 30);

  bool operator==(const RestorePoints&) const = default;
};

// Returns the valid values of log.level.
const std::set<std::string>& LogLevels();

// MetricsAuth restricts who may read /metrics. If `user` is set, requests need the name and the
// password.
struct MetricsAuth {
  std::string user;
  Secret password;

  bool enabled() const { return !user.empty(); }
  bool operator==(const MetricsAuth&) const = default;
};

enum class LogFormat { kText, kJson };

struct Log {
  // One of LogLevels().
  std::string level = "info";
  LogFormat format = LogFormat::kText;
  // Calls that take longer are logged; zero disables this.
  absl::Duration slow_call = absl::Seconds(30);

  bool operator==(const Log&) const = default;
};

struct Config {
  // The absolute path of the configuration file; empty if there is none.
  std::string file;
  // HOST:PORT, [IPv6]:PORT or unix:/path.
  std::string listen = "127.0.0.1:7433";
  // A plain text unix socket for local clients, in addition to `listen`; empty if unused.
  std::string local_listen;
  // A unix socket for a proxy that authenticates the callers; empty if unused.
  std::string proxy_listen;
  // HOST:PORT; empty disables the metrics listener.
  std::string metrics_listen = "127.0.0.1:9464";
  MetricsAuth metrics_auth;
  // The name of one of `gateways`; as in SQLMesh, the first gateway if the file names none.
  std::string default_gateway;
  // In the order of the file; never empty.
  std::vector<Gateway> gateways;
  Tls tls;
  Auth auth;
  Limits limits;
  RestorePoints restore_points;
  // Command that computes fingerprints with the user's SQLMesh; empty if not configured.
  std::vector<std::string> fingerprint_worker;
  // Command that rewrites payloads; empty means python3 with the package installed next to the
  // server.
  std::vector<std::string> rewrite_worker;
  // Further Python interpreters for payloads that the one of `rewrite_worker` cannot parse.
  std::vector<std::string> rewrite_pythons;
  // Absolute paths of files and folders that workers may read in addition to their Python's.
  std::vector<std::string> worker_paths;
  bool reflection = true;
  // Explicitly allows a listener beyond loopback that has no TLS or no authentication.
  bool insecure = false;
  Log log;

  // Accepted keys that have no effect here, for example "gateways.prod.scheduler".
  std::vector<std::string> unused_keys;

  // Returns the gateway, or null if there is none. Compares names without case. "" is the default
  // gateway.
  const Gateway* FindGateway(std::string_view name) const;
};

// Returns true if a role may name `name`: one of `gateways`, compared without case, or `*`.
bool IsGatewayOrAll(std::string_view name, const std::vector<Gateway>& gateways);
// Returns "No gateway named 'prdo'. Did you mean 'prod'?", with the nearest of `gateways`.
std::string NoSuchGateway(std::string_view name, const std::vector<Gateway>& gateways);

}  // namespace stateserver::config
