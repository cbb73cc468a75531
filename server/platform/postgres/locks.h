// SPDX-License-Identifier: Apache-2.0
//
// The lock under which a gateway's state is changed.
#pragma once

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

}  // namespace stateserver::postgres
