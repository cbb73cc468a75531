// SPDX-License-Identifier: Apache-2.0
//
// The lock that protects changes of a warehouse's schema: a lease in PostgreSQL with a fencing
// token.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/postgres/pool.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

struct LockOptions {
  WarehouseKey key;
  std::string operation_id, principal;
  // Maximum time to wait for a lock held by another operation; zero means not to wait.
  absl::Duration wait;
  // Time after which the lock expires unless it is renewed.
  absl::Duration lease = absl::Seconds(15);
};

// WarehouseLock is held from Acquire until destruction and renewed in the background every third of
// the lease. The tables of the journal must exist.
class WarehouseLock {
 public:
  // Acquires the lock. Returns WAREHOUSE_LOCKED with its holder and start time, or CANCELLED and
  // DEADLINE_EXCEEDED of the call.
  static absl::StatusOr<std::unique_ptr<WarehouseLock>> Acquire(postgres::Pool& pool,
                                                                const CallContext& call,
                                                                const LockOptions& options);
  ~WarehouseLock();
  WarehouseLock(const WarehouseLock&) = delete;
  WarehouseLock& operator=(const WarehouseLock&) = delete;

  // Returns the token, which increases with every holder. Writes with an older token are rejected.
  int64_t fencing() const { return fencing_; }
  // Returns OK while no one else can hold the lock, and WAREHOUSE_LOCK_LOST once it was taken or
  // could not be renewed for a whole lease.
  absl::Status Check() const;

 private:
  WarehouseLock(postgres::Pool& pool, const LockOptions& options, int64_t fencing);
  void RenewUntilStopped();
  bool Renew();

  postgres::Pool& pool_;
  const LockOptions options_;
  const int64_t fencing_;
  std::atomic<bool> taken_ = false;
  std::atomic<int64_t> renewed_ns_;  // of the steady clock
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stateserver::revisions
