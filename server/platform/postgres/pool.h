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

struct PoolOptions {
  // libpq connection string or URI.
  std::string conninfo;
  // SQL run on every new connection (session settings).
  std::string setup_sql;
  int max_connections = 16;
  // Older ones are closed when they come back; each by up to a tenth earlier, so
  // that not all go at once.
  absl::Duration max_age = absl::Minutes(30);
  // A pooler between here and PostgreSQL is known to keep a connection for each
  // session; else one that is found is used for reads only.
  bool pooler_keeps_sessions = false;
  // How long a connection may be silent before either end gives it up, and with it
  // its locks in PostgreSQL.
  absl::Duration lost_connection_timeout = absl::Seconds(30);
  // How long PostgreSQL keeps a transaction, and its locks, that waits for this server.
  absl::Duration idle_transaction_timeout = absl::Minutes(2);
  // How long Acquire waits for a free connection.
  absl::Duration acquire_timeout = absl::Seconds(10);
};

struct PoolStats {
  int open = 0;
  int in_use = 0;
  int waiting = 0;
  // Since the pool was made.
  int64_t opened = 0;
  int64_t waits = 0;
  absl::Duration waited;
};

// Thread-safe.
class Pool {
 public:
  explicit Pool(PoolOptions options);
  // Closes idle connections, the others when their sessions end. Does not wait for
  // PostgreSQL.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A working connection: one that idled is checked first, and a lost one is
  // replaced. Who waits longest is served first. A PostgreSQL that is starting up,
  // or of several hosts none that is right yet (a standby that is being promoted),
  // is tried again until the call or `acquire_timeout` is over.
  // DATABASE_UNREACHABLE names host, port and database; OVERLOADED.
  absl::StatusOr<std::unique_ptr<Session>> Acquire(const CallContext& context);
  PoolStats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stateserver::postgres
