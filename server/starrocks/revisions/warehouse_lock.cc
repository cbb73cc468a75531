// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/warehouse_lock.h"

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/process_name.h"
#include "common/text.h"
#include "common/time.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

namespace {

using Steady = std::chrono::steady_clock;

constexpr absl::Duration kPoll = absl::Milliseconds(100);

int64_t SteadyNs() { return Steady::now().time_since_epoch().count(); }

CallContext Briefly(absl::Duration limit) {
  CallContext context;
  context.deadline = SteadyNow() + limit;
  return context;
}

// Returns 0 if the lock is held by another holder.
absl::StatusOr<int64_t> Try(postgres::Session& session, const LockOptions& options) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(
          Cat("INSERT INTO stateserver.revision_locks AS l (gateway, database, fencing, holder,"
              " operation_id, principal, since_ts, expires_ts) VALUES ($1, $2, 1, $3, $4, $5, ",
              kNow, ", ", kNow,
              " + $6::bigint) ON CONFLICT (gateway, database) DO UPDATE SET fencing = l.fencing + "
              "1,"
              " holder = excluded.holder, operation_id = excluded.operation_id, principal ="
              " excluded.principal, since_ts = excluded.since_ts, expires_ts = excluded.expires_ts"
              " WHERE l.holder = '' OR l.expires_ts <= ",
              kNow, " RETURNING fencing"),
          {options.key.gateway, options.key.database, ProcessName(), options.operation_id,
           options.principal, Cat(absl::ToInt64Milliseconds(options.lease))}));
  return rows.rows() == 0 ? 0 : rows.Int(0, 0);
}

absl::Status Locked(const LockOptions& options, const LockState& lock) {
  return Error(Reason::WAREHOUSE_LOCKED,
               Cat("The schema of ", options.key.database, " is being changed by ", lock.principal,
                   " on ", lock.holder, " since ", FormatTimestamp(lock.since_ts), " (operation ",
                   lock.operation_id, ")."),
               Cat("Wait for it, or raise `lock_wait_ms`. The lock of a stopped server expires ",
                   absl::ToInt64Seconds(options.lease), " s after its last sign of life."),
               {{"holder", lock.holder},
                {"operation", lock.operation_id},
                {"since_ts", Cat(lock.since_ts)}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<WarehouseLock>> WarehouseLock::Acquire(postgres::Pool& pool,
                                                                      const CallContext& call,
                                                                      const LockOptions& options) {
  absl::Time until = SteadyNow() + options.wait;
  while (true) {
    RETURN_IF_ERROR(call.Check());
    {
      ASSIGN_OR_RETURN(auto session, pool.Acquire(call));
      ASSIGN_OR_RETURN(int64_t fencing, Try(*session, options));
      if (fencing != 0) {
        return std::unique_ptr<WarehouseLock>(new WarehouseLock(pool, options, fencing));
      }
      if (SteadyNow() >= until) {
        ASSIGN_OR_RETURN(JournalState state, ReadState(*session, options.key));
        return Locked(options, state.lock);
      }
    }
    absl::SleepFor(std::min(kPoll, until - SteadyNow()));
  }
}

WarehouseLock::WarehouseLock(postgres::Pool& pool, const LockOptions& options, int64_t fencing)
    : pool_(pool), options_(options), fencing_(fencing), renewed_ns_(SteadyNs()) {
  thread_ = std::thread([this] { RenewUntilStopped(); });
}

WarehouseLock::~WarehouseLock() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
  auto session = pool_.Acquire(Briefly(absl::Seconds(5)));
  if (!session.ok()) return;  // the lease expires
  (void)(*session)->QueryPrepared(
      "UPDATE stateserver.revision_locks SET holder = '', operation_id = '', principal = '',"
      " since_ts = 0, expires_ts = 0 WHERE gateway = $1 AND database = $2 AND fencing = $3::bigint",
      {options_.key.gateway, options_.key.database, Cat(fencing_)});
}

absl::Status WarehouseLock::Check() const {
  int64_t age = SteadyNs() - renewed_ns_.load();
  if (!taken_.load() && age < absl::ToInt64Nanoseconds(options_.lease)) return absl::OkStatus();
  return Error(Reason::WAREHOUSE_LOCK_LOST,
               taken_.load()
                   ? "Another server holds the warehouse's lock now: this server stops here."
                   : "The warehouse's lock could not be renewed: this server stops here.",
               "Run the command again: it continues where this run stopped.");
}

void WarehouseLock::RenewUntilStopped() {
  auto pause = absl::ToChronoNanoseconds(options_.lease / 3);
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, pause, [this] { return stopping_; })) {
    lock.unlock();
    bool mine = Renew();
    lock.lock();
    if (!mine) return;
  }
}

// Returns false once another holder has the lock.
bool WarehouseLock::Renew() {
  int64_t now = SteadyNs();
  auto session = pool_.Acquire(Briefly(options_.lease / 3));
  if (!session.ok()) return true;
  auto rows = (*session)->QueryPrepared(
      Cat("UPDATE stateserver.revision_locks SET expires_ts = ", kNow,
          " + $4::bigint WHERE gateway = $1 AND database = $2 AND fencing = $3::bigint"),
      {options_.key.gateway, options_.key.database, Cat(fencing_),
       Cat(absl::ToInt64Milliseconds(options_.lease))});
  if (!rows.ok()) return true;
  if (rows->affected_rows() == 1) {
    renewed_ns_.store(now);
    return true;
  }
  taken_.store(true);
  return false;
}

}  // namespace stateserver::revisions
