// SPDX-License-Identifier: Apache-2.0
//
// The lock that protects changes of a gateway's state.
#pragma once

#include <map>
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

// Returns, for each session that waits for another one, a description of the session that blocks
// it, keyed by pid.
absl::StatusOr<std::map<int, std::string>> DescribeBlockers(Session& session,
                                                            const std::vector<int>& pids);

}  // namespace stateserver::postgres
