// SPDX-License-Identifier: Apache-2.0
//
// The server's configuration as one value: what the file, the environment and
// the command line come to. Plain data: nothing here knows YAML or flags.
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

// A password. It has no stream operator, so it does not slip into a log.
struct Secret {
  std::string value;
  bool operator==(const Secret&) const = default;
};

// Where SQLMesh's state tables live.
struct StateConnection {
  enum class Type { kPostgres, kEmbedded };
  Type type = Type::kPostgres;

  // kPostgres. `host` and `port` may be comma-separated lists, as in libpq: one
  // port serves all hosts, else there are as many ports as hosts.
  std::string host;
  std::string port = "5432";
  std::string user;
  Secret password;
  std::string database;
  std::optional<std::string> sslmode;
  std::optional<std::string> sslrootcert;
  std::optional<std::string> sslcert;
  std::optional<std::string> sslkey;
  std::optional<std::string> target_session_attrs;
  std::optional<std::string> application_name;
  // Assumed after connecting (SET ROLE); see SetupSql in conninfo.h.
  std::optional<std::string> role;
  int connect_timeout_seconds = 10;
  std::optional<int> keepalives_idle_seconds;

  // kEmbedded: the folder of the private cluster, absolute. Several gateways
  // may name the same folder with different schemas: they share one cluster.
  std::string path;

  bool operator==(const StateConnection&) const = default;
};

// A gateway's `connection`. Only StarRocks is used; of any other type nothing
// but the type's name is kept.
struct Warehouse {
  std::string type;
  std::string host;
  int port = 9030;
  std::string user;
  Secret password;
  // Only from a URL; empty: default_catalog.
  std::string catalog;
  std::optional<std::string> database;
  std::optional<std::string> charset;
  std::optional<std::string> collation;
  bool ssl_disabled = false;
  // "shared_nothing" or "shared_data", for a role that may not ask and a
  // database whose tables do not tell. Not a key of SQLMesh.
  std::optional<std::string> run_mode;

  bool is_starrocks() const { return type == "starrocks"; }
  bool operator==(const Warehouse&) const = default;
};

// A hot standby that exports may be read from.
struct ReadReplica {
  StateConnection connection;
  // How old its answer may be; the primary is read where it would be older.
  absl::Duration max_staleness = absl::Seconds(10);

  bool operator==(const ReadReplica&) const = default;
};

// What stands between the server and PostgreSQL.
enum class PoolMode {
  kNone,     // nothing; a pooler that is found there is used for reads only
  kSession,  // a pooler that keeps a connection for each client's session
};

struct Gateway {
  // Lower case, as SQLMesh compares gateway names.
  std::string name;
  // Empty when the gateway has no state that this server can serve.
  std::optional<StateConnection> state;
  // Then this may say why: the type its state_connection has, such as "duckdb".
  std::string unsupported_state_type;
  std::string state_schema = "sqlmesh";
  std::optional<Warehouse> warehouse;
  std::optional<ReadReplica> read_replica;
  PoolMode pool_mode = PoolMode::kNone;

  bool operator==(const Gateway&) const = default;
};

// PEM files, absolute paths. Without `cert` the listener is plain text; with
// `client_ca` every client must show a certificate signed by it or, where
// `client_auth_optional`, may.
struct Tls {
  std::string cert;
  std::string key;
  std::string client_ca;
  bool client_auth_optional = false;

  bool enabled() const { return !cert.empty(); }
  bool operator==(const Tls&) const = default;
};

struct Limits {
  // Imports and upgrades of state files at work at once on this server, of them
  // for one gateway, and for one principal; then exports.
  int max_concurrent_imports = 2;
  int max_imports_per_gateway = 2;
  int max_imports_per_principal = 2;
  int max_concurrent_exports = 8;
  int max_exports_per_gateway = 8;
  int max_exports_per_principal = 4;
  // Calls at once that parse files or compare schemas, and of them for one principal.
  int max_concurrent_schema_calls = 4;
  int max_schema_calls_per_principal = 2;
  // Calls at work at once, one thread each.
  int max_concurrent_calls = 200;
  // Of them from one address (an IPv4 address, the /64 of an IPv6 one), and of one
  // principal.
  int max_calls_per_address = 128;
  int max_calls_per_principal = 64;
  // Connections in all, which the limit on open files may lower, and from one address.
  int max_connections = 1024;
  int max_connections_per_address = 256;
  int max_streams_per_connection = 100;
  // From a connection's acceptance to its first HTTP/2 bytes, TLS included.
  absl::Duration handshake_timeout = absl::Seconds(20);
  int64_t max_message_bytes = 4 << 20;
  // What messages on their way may take of memory, over all connections.
  int64_t memory_quota = 256 << 20;
  // The longest a call may take, whatever deadline its caller gives.
  absl::Duration max_call_time = absl::Hours(24);
  // The longest a read may take that is answered with one message.
  absl::Duration read_timeout = absl::Minutes(1);
  // How long the other side of a stream may send, or take, nothing.
  absl::Duration stream_idle_timeout = absl::Minutes(1);
  // Connections are asked to go elsewhere after this time; calls go on.
  absl::Duration max_connection_age = absl::Minutes(30);
  // Clients that ping more often are disconnected.
  absl::Duration min_ping_interval = absl::Seconds(10);
  // PostgreSQL connections of one gateway, and how old one may get.
  int max_database_connections = 16;
  absl::Duration max_database_connection_age = absl::Minutes(30);
  // How long a connection to PostgreSQL may be silent before either end gives it up.
  absl::Duration lost_connection_timeout = absl::Seconds(30);
  // How long PostgreSQL keeps a transaction that waits for this server.
  absl::Duration idle_transaction_timeout = absl::Minutes(2);
  absl::Duration shutdown_grace = absl::Seconds(30);
  absl::Duration lock_timeout = absl::Seconds(10);
  // How long a warehouse's lock outlives the server that holds it.
  absl::Duration schema_lock_lease = absl::Seconds(15);
  // For a Python worker's start and for each of its answers.
  absl::Duration worker_timeout = absl::Minutes(1);
  // Of address space, for each worker process.
  int64_t worker_memory = int64_t{2} << 30;

  bool operator==(const Limits&) const = default;
};

// A restore point is removed when it is over `keep` or older than `max_age`;
// the newest always stays.
struct RestorePoints {
  int keep = 20;
  absl::Duration max_age = absl::Hours(24 * 30);

  bool operator==(const RestorePoints&) const = default;
};

// What log.level may be.
const std::set<std::string>& LogLevels();

// Who may read /metrics: with a user, only who knows name and password.
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
  // A call that takes longer leaves a line of its own; zero for none.
  absl::Duration slow_call = absl::Seconds(30);

  bool operator==(const Log&) const = default;
};

struct Config {
  // HOST:PORT, [IPv6]:PORT or unix:/path.
  std::string listen = "127.0.0.1:7433";
  // A unix socket beside it, in plain text, for this machine; empty: none.
  std::string local_listen;
  // A unix socket for a proxy in front, which says who calls; empty: none.
  std::string proxy_listen;
  // HOST:PORT; empty switches the metrics listener off.
  std::string metrics_listen = "127.0.0.1:9464";
  MetricsAuth metrics_auth;
  // The name of one of `gateways`; as in SQLMesh the first when the file has none.
  std::string default_gateway;
  // In the order of the file; never empty.
  std::vector<Gateway> gateways;
  Tls tls;
  Auth auth;
  Limits limits;
  RestorePoints restore_points;
  // The command that computes fingerprints with the user's SQLMesh; empty: there is none.
  std::vector<std::string> fingerprint_worker;
  // The command that rewrites payloads; empty: python3 with the package installed beside the
  // server.
  std::vector<std::string> rewrite_worker;
  bool reflection = true;
  // A listener beyond loopback without TLS, or that lets everybody in, was asked
  // for in so many words.
  bool insecure = false;
  Log log;

  // Accepted keys that have no effect here, as "gateways.prod.scheduler".
  std::vector<std::string> unused_keys;

  // Null when there is none; names are compared without case. "" is the default gateway.
  const Gateway* FindGateway(std::string_view name) const;
};

}  // namespace stateserver::config
