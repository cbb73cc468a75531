// SPDX-License-Identifier: Apache-2.0
//
// One PostgreSQL connection: libpqxx for statements, libpq's handle beside it
// for what libpqxx 6 cannot do (connecting with a deadline, SQLSTATE of every
// error, COPY in pieces). Only for the other files of this folder.
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

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/time.h"
#include "server/platform/call_context.h"
#include "server/platform/postgres/error_mapping.h"
#include "server/platform/postgres/session.h"
#include "server/platform/postgres/watcher.h"

namespace stateserver::postgres {

// Owns an established PGconn on libpqxx's behalf. Once that is lost it throws
// broken_connection instead of connecting again behind our back, which would
// lose locks, settings and temporary tables silently.
class AdoptingPolicy : public pqxx::connectionpolicy {
 public:
  explicit AdoptingPolicy(PGconn* handle) : pqxx::connectionpolicy(""), handle_(handle) {}

  handle do_startconnect(handle original) override;
  handle do_disconnect(handle original) noexcept override;
  // Null once disconnected.
  PGconn* raw() const { return handle_; }

 private:
  PGconn* handle_;
  bool adopted_ = false;
};

// Not thread-safe.
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
  // True when the server has ended the connection already, as far as the
  // socket knows (no round trip).
  bool ServerHungUp();

  // Null once lost.
  PGconn* raw() const { return policy_.raw(); }
  bool alive() const { return raw() != nullptr && PQstatus(raw()) == CONNECTION_OK; }
  PGTransactionStatusType transaction_status() const;
  // As the connection string or the role has it, or what SET has made of it since.
  std::string application_name() const;
  const Endpoint& endpoint() const { return endpoint_; }
  const CancelTarget& cancel() const { return cancel_; }
  int socket() const { return raw() == nullptr ? -1 : PQsocket(raw()); }
  int pid() const { return pid_; }
  int version() const { return version_; }

  // The error of the last statement; cleared by TakeError.
  ServerError TakeError();
  bool has_error() const { return !error_.empty(); }

  // Bookkeeping of the pool: not to be used for another call.
  bool unfit = false;
  absl::Time idle_since = absl::InfinitePast();
  const absl::Time opened = SteadyNow();
  // Something between here and PostgreSQL has sessions of its own. What relies on a
  // setting brings it along in the same transaction.
  bool pooler = false;
  // The pooler may run each transaction over another connection of its own: nothing
  // of a session can be relied on.
  bool shared = false;
  // When its backend began, as PostgreSQL says it; empty behind a pooler.
  std::string backend_start;
  // What a commit of ours waits for: the role's setting, but at least `on`.
  std::string synchronous_commit = "on";
  // The role's statement_timeout; 0: none.
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

// Connects without blocking beyond the context. The kernel gives the connection up
// when the other end is silent for `lost_connection_timeout`, unless the connection
// string says otherwise. DATABASE_UNREACHABLE names host, port, database and user.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::string& conninfo,
                                                    absl::Duration lost_connection_timeout,
                                                    const CallContext& context);

// TCP's own settings, in the units of libpq and PostgreSQL.
struct TcpLimits {
  int64_t idle_seconds = 0;
  int64_t interval_seconds = 0;
  int count = 3;
  int64_t user_timeout_ms = 0;
};

// An idle connection is probed after half of `limit`, and given up when three probes
// in the other half stay unanswered; one with data on its way is given up after
// `limit`. At least four seconds: TCP counts keepalives in whole seconds.
inline TcpLimits TcpLimitsFor(absl::Duration limit) {
  int64_t seconds = std::max<int64_t>(4, absl::ToInt64Seconds(limit));
  TcpLimits limits;
  limits.idle_seconds = seconds / 2;
  limits.interval_seconds = std::max<int64_t>(1, seconds / 6);
  limits.user_timeout_ms = seconds * 1000;
  return limits;
}

// The driver's side of Result.

struct Result::Impl {
  explicit Impl(const pqxx::result& result) : rows(result) {}  // shares them
  pqxx::result rows;
};

}  // namespace stateserver::postgres
