// SPDX-License-Identifier: Apache-2.0
//
// The lock under which a warehouse's schema is changed: a lease in PostgreSQL
// with a fencing token.
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
  // How long to wait for one that somebody else holds; 0: not at all.
  absl::Duration wait;
  // How long it stays without being renewed.
  absl::Duration lease = absl::Seconds(15);
};

// Held from Acquire until it is destroyed; renewed in the background every third
// of the lease. The tables are there.
class WarehouseLock {
 public:
  // WAREHOUSE_LOCKED says who holds it and since when; CANCELLED and
  // DEADLINE_EXCEEDED of the call.
  static absl::StatusOr<std::unique_ptr<WarehouseLock>> Acquire(postgres::Pool& pool,
                                                                const CallContext& call,
                                                                const LockOptions& options);
  ~WarehouseLock();
  WarehouseLock(const WarehouseLock&) = delete;
  WarehouseLock& operator=(const WarehouseLock&) = delete;

  // Grows with every holder. What is written with an older one is refused.
  int64_t fencing() const { return fencing_; }
  // OK while nobody else can have it: WAREHOUSE_LOCK_LOST once it was taken, or
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
