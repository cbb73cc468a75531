// SPDX-License-Identifier: Apache-2.0
//
// One PostgreSQL connection: libpqxx for statements, and libpq's handle for what libpqxx 6 cannot
// do (connecting with a deadline, the SQLSTATE of every error, COPY in pieces). Only for use inside
// this folder.
#pragma once

#include <libpq-events.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <pqxx/connection_base>
#include <pqxx/connectionpolicy>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time.h"
#include "server/platform/call_context.h"
#include "server/platform/postgres/error_mapping.h"
#include "server/platform/postgres/session.h"
#include "server/platform/postgres/watcher.h"

namespace stateserver::postgres {

// AdoptingPolicy owns an established PGconn on libpqxx's behalf. After the connection is lost it
// throws broken_connection. Reconnecting instead would silently lose locks, settings and temporary
// tables.
class AdoptingPolicy : public pqxx::connectionpolicy {
 public:
  explicit AdoptingPolicy(PGconn* handle) : pqxx::connectionpolicy(""), handle_(handle) {}

  handle do_startconnect(handle original) override;
  handle do_disconnect(handle original) noexcept override;
  // Returns null once disconnected.
  PGconn* raw() const { return handle_; }

 private:
  PGconn* handle_;
  bool adopted_ = false;
};

// Connection is one connection to PostgreSQL. Not thread-safe.
class Connection : private pqxx::connection_base {
 public:
  // Adopts an established connection.
  explicit Connection(PGconn* handle);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  pqxx::result Exec(const std::string& sql);
  pqxx::result ExecParams(const std::string& sql, const Parameters& parameters);
  pqxx::result ExecPrepared(const std::string& sql, const Parameters& parameters);

  // Closes without waiting for PostgreSQL; alive() is false from then on.
  void Drop();
  // Returns true if the server has already closed the connection, as far as the socket knows (no
  // round trip).
  bool ServerHungUp();

  // Returns null once the connection is lost.
  PGconn* raw() const { return policy_.raw(); }
  bool alive() const { return raw() != nullptr && PQstatus(raw()) == CONNECTION_OK; }
  PGTransactionStatusType transaction_status() const;
  // Returns the current value, set by the connection string, the role or a later SET.
  std::string application_name() const;
  const Endpoint& endpoint() const { return endpoint_; }
  const CancelTarget& cancel() const { return cancel_; }
  int socket() const { return raw() == nullptr ? -1 : PQsocket(raw()); }
  int pid() const { return pid_; }
  int version() const { return version_; }

  // Returns the error of the last statement and clears it.
  ServerError TakeError();
  bool has_error() const { return !error_.empty(); }

  // Managed by the pool: a connection that must not be used for another call.
  bool unfit = false;
  absl::Time idle_since = absl::InfinitePast();
  const absl::Time opened = SteadyNow();
  // A pooler that has its own sessions is between this server and PostgreSQL. Statements that rely
  // on a setting must set it in the same transaction.
  bool pooler = false;
  // The pooler may run each transaction over a different connection, so no session state is
  // reliable.
  bool shared = false;
  // Start time of the backend as PostgreSQL reports it; empty behind a pooler.
  std::string backend_start;
  // The synchronous_commit used for commits: the role's setting, but at least `on`.
  std::string synchronous_commit = "on";
  // The role's statement_timeout in milliseconds; 0 means none.
  int64_t statement_timeout_ms = 0;

 private:
  static int OnEvent(PGEventId id, void* info, void* self);

  AdoptingPolicy policy_;
  Endpoint endpoint_;
  CancelTarget cancel_;
  int pid_ = 0;
  int version_ = 0;
  ServerError error_;
  std::unordered_map<std::string, std::string> prepared_;
  std::optional<pqxx::nontransaction> executor_;
};

// Connects, observing the deadline and cancellation of `context`. `password` replaces that of the
// connection string unless it is empty. The kernel closes the connection
// if the peer is silent for `lost_connection_timeout`, unless the connection string says otherwise.
// Returns DATABASE_UNREACHABLE, naming host, port, database and user.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::string& conninfo,
                                                    const std::string& password,
                                                    absl::Duration lost_connection_timeout,
                                                    const CallContext& context);

// TcpLimits holds TCP settings in the units of libpq and PostgreSQL.
struct TcpLimits {
  int64_t idle_seconds = 0;
  int64_t interval_seconds = 0;
  int count = 3;
  int64_t user_timeout_ms = 0;
};

// Returns settings that probe an idle connection after half of `limit` and close it when three
// probes in the other half stay unanswered. A connection with unacknowledged data is closed after
// `limit`. The minimum is four seconds, because TCP counts keepalives in whole seconds.
inline TcpLimits TcpLimitsFor(absl::Duration limit) {
  int64_t seconds = std::max<int64_t>(4, absl::ToInt64Seconds(limit));
  TcpLimits limits;
  limits.idle_seconds = seconds / 2;
  limits.interval_seconds = std::max<int64_t>(1, seconds / 6);
  limits.user_timeout_ms = seconds * 1000;
  return limits;
}

struct Result::Impl {
  explicit Impl(const pqxx::result& result) : rows(result) {}  // shares the rows
  pqxx::result rows;
};

}  // namespace stateserver::postgres
