// A bounded set of connections to one database.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/call_context.h"
#include "server/postgres/session.h"

namespace stateserver::postgres {

struct PoolOptions {
  // libpq connection string or URI.
  std::string conninfo;
  // SQL run on every new connection (session settings).
  std::string setup_sql;
  int max_connections = 16;
  // How long Acquire waits for a free connection.
  absl::Duration acquire_timeout = absl::Seconds(10);
};

struct PoolStats {
  int open = 0;
  int in_use = 0;
  int waiting = 0;
};

// Thread-safe.
class Pool {
 public:
  explicit Pool(PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A working connection: one that idled is checked first, and a lost one is
  // replaced. DATABASE_UNREACHABLE names host, port and database.
  absl::StatusOr<std::unique_ptr<Session>> Acquire(const CallContext& context);
  PoolStats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stateserver::postgres
