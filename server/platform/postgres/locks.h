// SPDX-License-Identifier: Apache-2.0
//
// The lock under which a gateway's state is changed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Whom the lock on the tables keeps out.
enum class StateLock {
  kWriters,    // SHARE ROW EXCLUSIVE: readers go on
  kEverybody,  // ACCESS EXCLUSIVE: for what changes the tables' shape
};

// Takes, in the transaction of `session` and until its end, first the advisory
// lock of (database, `schema`), which keeps other servers and calls out, then
// `lock` on those of `tables` that exist, which keeps SQLMesh's writers out (its
// readers too, for kEverybody). Both within `timeout`.
//
// While it waits for one table it holds no other, so that it cannot make
// SQLMesh's own transactions fail with a deadlock, in whatever order those lock.
//
// LOCK_TIMEOUT says who holds the lock (facts holder_pid, holder_application,
// holder_age_seconds), asked over a second session of `pool`; the transaction
// is aborted then, as after any error.
absl::Status LockState(Session& session, Pool& pool, const CallContext& context,
                       const std::string& schema, const std::vector<std::string>& tables,
                       absl::Duration timeout, StateLock lock = StateLock::kWriters);

// Who is in the way of a lock.

struct LockHolder {
  std::string pid;
  std::string application;
  std::string user;
  // Empty for a Unix socket.
  std::string address;
  // Of its transaction.
  int64_t age_seconds = 0;
  // "idle in transaction", "active", …
  std::string state;
  // The current or last statement, shortened; empty where the role may not see it.
  std::string query;
};

// The session that holds what LockState needs, the longest transaction first;
// none when it has let go meanwhile or nothing can be learnt. `waiter_pid` is
// not taken for a holder.
std::optional<LockHolder> FindStateLockHolder(Pool& pool, const std::string& schema,
                                              const std::vector<std::string>& tables,
                                              StateLock lock, int waiter_pid);

// What each of these sessions waits for: pid -> who blocks it, in words. Those that
// nobody blocks are left out.
absl::StatusOr<std::map<int, std::string>> DescribeBlockers(Session& session,
                                                            const std::vector<int>& pids);

// LOCK_TIMEOUT.
absl::Status StateLocked(const std::string& schema, absl::Duration timeout,
                         const std::optional<LockHolder>& holder);

}  // namespace stateserver::postgres
