// SPDX-License-Identifier: Apache-2.0
//
// Who is in the way of a lock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/platform/postgres/locks.h"
#include "server/platform/postgres/pool.h"

namespace stateserver::postgres {

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
