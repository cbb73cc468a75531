// SPDX-License-Identifier: Apache-2.0
//
// The lock that protects changes of a gateway's state.
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

// StateLock selects who is blocked by the lock on the tables.
enum class StateLock {
  kWriters,    // SHARE ROW EXCLUSIVE: readers continue
  kEverybody,  // ACCESS EXCLUSIVE: for changes of the tables' structure
};

// Acquires two locks until the end of the transaction of `session`, both within `timeout`. First it
// takes the advisory lock of (database, `schema`), which blocks other servers and calls. Then it
// takes `lock` on those of `tables` that exist, which blocks SQLMesh's writers (for kEverybody its
// readers too).
//
// While it waits for one table it holds no other, so that it cannot cause a deadlock with SQLMesh's
// own transactions, whatever their locking order.
//
// Returns LOCK_TIMEOUT, naming the holder of the lock (facts holder_pid, holder_application,
// holder_age_seconds), which it finds over a second session of `pool`. The transaction is then
// aborted, as after any error.
absl::Status LockState(Session& session, Pool& pool, const CallContext& context,
                       const std::string& schema, const std::vector<std::string>& tables,
                       absl::Duration timeout, StateLock lock = StateLock::kWriters);

struct LockHolder {
  std::string pid;
  std::string application;
  std::string user;
  // Empty for a unix socket.
  std::string address;
  // Age of its transaction.
  int64_t age_seconds = 0;
  // "idle in transaction", "active", …
  std::string state;
  // The current or last statement, shortened; empty if the role may not see it.
  std::string query;
};

// Returns the session that blocks LockState, preferring the longest transaction. Returns nullopt if
// the lock has been released meanwhile or the holder cannot be determined. Never returns
// `waiter_pid`.
std::optional<LockHolder> FindStateLockHolder(Pool& pool, const std::string& schema,
                                              const std::vector<std::string>& tables,
                                              StateLock lock, int waiter_pid);

// Returns, for each session that waits for another one, a description of the session that blocks
// it, keyed by pid.
absl::StatusOr<std::map<int, std::string>> DescribeBlockers(Session& session,
                                                            const std::vector<int>& pids);

// Returns LOCK_TIMEOUT.
absl::Status StateLocked(const std::string& schema, absl::Duration timeout,
                         const std::optional<LockHolder>& holder);

}  // namespace stateserver::postgres
