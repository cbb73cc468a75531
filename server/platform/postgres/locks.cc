// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/locks.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/steady_time.h"
#include "common/text.h"
#include "server/platform/postgres/lock_holder.h"

namespace stateserver::postgres {
namespace {

constexpr char kSavepoint[] = "stateserver_lock";

class StateLocker {
 public:
  StateLocker(Session& session, const std::string& schema, absl::Duration timeout, StateLock lock)
      : session_(session), schema_(schema), end_(SteadyNow() + timeout), lock_(lock) {}

  absl::Status Advisory() {
    RETURN_IF_ERROR(LimitWaiting());
    return session_
        .Query("SELECT pg_advisory_xact_lock(hashtextextended('stateserver:' || $1, 0))", {schema_})
        .status();
  }

  absl::Status Tables(const std::vector<std::string>& names) {
    ASSIGN_OR_RETURN(std::vector<std::string> tables, Present(names));
    bool all = tables.empty();
    while (!all) {
      RETURN_IF_ERROR(LimitWaiting());
      ASSIGN_OR_RETURN(all, TryAll(&tables));
    }
    return session_.Execute("SET LOCAL lock_timeout TO DEFAULT");
  }

 private:
  absl::Status LimitWaiting() {
    int64_t left = std::max<int64_t>(1, absl::ToInt64Milliseconds(end_ - SteadyNow()));
    return session_.Execute(Cat("SET LOCAL lock_timeout = ", left));
  }

  absl::StatusOr<std::vector<std::string>> Present(const std::vector<std::string>& names) {
    ASSIGN_OR_RETURN(Result rows,
                     session_.Query("SELECT c.relname FROM pg_class c JOIN pg_namespace n"
                                    " ON n.oid = c.relnamespace"
                                    " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')",
                                    {schema_}));
    std::vector<std::string> present;
    for (size_t i = 0; i < rows.rows(); ++i) {
      std::string_view name = rows.Text(i, 0);
      if (std::find(names.begin(), names.end(), name) != names.end()) present.emplace_back(name);
    }
    return present;
  }

  absl::Status Lock(const std::string& table, std::string_view nowait) {
    std::string_view mode =
        lock_ == StateLock::kEverybody ? "ACCESS EXCLUSIVE" : "SHARE ROW EXCLUSIVE";
    return session_.Execute(Cat("LOCK TABLE ", QuoteName(schema_), ".", QuoteName(table), " IN ",
                                mode, " MODE", nowait));
  }

  // Waits for the first table and takes the others only if they are free. One
  // that is not becomes the first, and all are let go.
  absl::StatusOr<bool> TryAll(std::vector<std::string>* tables) {
    RETURN_IF_ERROR(session_.Execute(Cat("SAVEPOINT ", kSavepoint)));
    RETURN_IF_ERROR(Lock(tables->front(), ""));
    for (size_t i = 1; i < tables->size(); ++i) {
      absl::Status status = Lock((*tables)[i], " NOWAIT");
      if (status.ok()) continue;
      if (ReasonOf(status) != Reason::LOCK_TIMEOUT || SteadyNow() >= end_) return status;
      RETURN_IF_ERROR(session_.Execute(Cat("ROLLBACK TO SAVEPOINT ", kSavepoint)));
      std::swap(tables->front(), (*tables)[i]);
      return false;
    }
    RETURN_IF_ERROR(session_.Execute(Cat("RELEASE SAVEPOINT ", kSavepoint)));
    return true;
  }

  Session& session_;
  const std::string& schema_;
  const absl::Time end_;
  const StateLock lock_;
};

// PostgreSQL does not say in which schema the table is.
absl::Status LockForbidden(const absl::Status& status, const std::string& schema) {
  Facts facts = FactsOf(status);
  std::string hint = Cat("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ",
                         QuoteName(schema), " TO ", QuoteName(facts["user"]), ";");
  return Error(Reason::PERMISSION_MISSING, MessageOf(status), hint, std::move(facts));
}

}  // namespace

absl::Status LockState(Session& session, Pool& pool, const CallContext& context,
                       const std::string& schema, const std::vector<std::string>& tables,
                       absl::Duration timeout, StateLock lock) {
  RETURN_IF_ERROR(context.Check());
  StateLocker locker(session, schema, timeout, lock);
  absl::Status status = locker.Advisory();
  if (status.ok()) status = locker.Tables(tables);
  if (status.ok()) return status;
  if (ReasonOf(status) == Reason::PERMISSION_MISSING) return LockForbidden(status, schema);
  if (ReasonOf(status) != Reason::LOCK_TIMEOUT) return status;
  absl::Status named = StateLocked(
      schema, timeout, FindStateLockHolder(pool, schema, tables, lock, session.backend_pid()));
  return WithFact(named, "sqlstate", FactsOf(status)["sqlstate"]);
}

}  // namespace stateserver::postgres
