// SPDX-License-Identifier: Apache-2.0
//
// A bounded set of connections to one database.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/call_context.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

class PasswordCommand;

struct PoolOptions {
  // libpq connection string or URI.
  std::string conninfo;
  // Gives the password of each new connection; null if the connection string has it.
  std::shared_ptr<PasswordCommand> password;
  // SQL run on every new connection (session settings).
  std::string setup_sql;
  int max_connections = 16;
  // Maximum age of a connection. Older ones are closed when they are returned, each up to a tenth
  // earlier so that not all are closed at once.
  absl::Duration max_age = absl::Minutes(30);
  // True if the pooler between this server and PostgreSQL is known to keep a connection for each
  // session. Otherwise a pooler that is found is used for reads only.
  bool pooler_keeps_sessions = false;
  // Maximum silence on a connection before either side closes it, which releases its locks in
  // PostgreSQL.
  absl::Duration lost_connection_timeout = absl::Seconds(30);
  // Maximum time for which PostgreSQL keeps a transaction, and its locks, that waits for this
  // server.
  absl::Duration idle_transaction_timeout = absl::Minutes(2);
  // Maximum time Acquire waits for a free connection.
  absl::Duration acquire_timeout = absl::Seconds(10);
};

struct PoolStats {
  int open = 0;
  int in_use = 0;
  int waiting = 0;
  // Totals since the pool was created.
  int64_t opened = 0;
  int64_t waits = 0;
  absl::Duration waited;
};

// Pool is a bounded set of connections to one database. Thread-safe.
class Pool {
 public:
  explicit Pool(PoolOptions options);
  // Closes idle connections immediately and the others when their sessions end. Does not wait for
  // PostgreSQL.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Returns a working connection. Checks a connection that was idle and replaces a lost one. Serves
  // waiters in order of arrival. Retries until the call or `acquire_timeout` ends if PostgreSQL is
  // starting up, or if none of several hosts is suitable yet (a standby that is being promoted).
  // A password from PoolOptions::password that PostgreSQL refuses is obtained once more.
  // Returns DATABASE_UNREACHABLE, naming host, port and database, or OVERLOADED.
  absl::StatusOr<std::unique_ptr<Session>> Acquire(const CallContext& context);
  PoolStats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stateserver::postgres
