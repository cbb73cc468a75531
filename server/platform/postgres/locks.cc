// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/locks.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "common/time.h"

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

  // Waits for the first table and takes the others only if they are free. If one is not, releases
  // all and moves it to the front.
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

// PostgreSQL does not report the schema of the table.
absl::Status LockForbidden(const absl::Status& status, const std::string& schema) {
  Facts facts = FactsOf(status);
  std::string hint = Cat("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ",
                         QuoteName(schema), " TO ", QuoteName(facts["user"]), ";");
  return Error(Reason::PERMISSION_MISSING, MessageOf(status), hint, std::move(facts));
}

// The query must not make the caller wait much longer.
constexpr absl::Duration kAskLimit = absl::Seconds(2);

// Columns of pg_stat_activity, with the alias a.
#define HOLDER_COLUMNS                                                                       \
  " a.pid, a.application_name, a.usename, a.client_addr,"                                    \
  " extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.state_change))::bigint," \
  " a.state, left(regexp_replace(a.query, '\\s+', ' ', 'g'), 100)"

constexpr char kBlockersQuery[] =
    "SELECT w.pid," HOLDER_COLUMNS
    " FROM unnest($1::int[]) AS w(pid), unnest(pg_blocking_pids(w.pid)) AS b(pid)"
    " JOIN pg_stat_activity a ON a.pid = b.pid ORDER BY w.pid, a.xact_start";

// Granted locks come first; otherwise another session waits ahead in the queue. SHARE ROW EXCLUSIVE
// is compatible only with AccessShare and RowShare, ACCESS EXCLUSIVE ($4) with no lock.
constexpr char kHoldersQuery[] =
    "WITH locks AS ("
    " SELECT l.pid, l.granted FROM pg_locks l"
    " WHERE l.locktype = 'advisory' AND l.objsubid = 1"
    "  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    "  AND ((l.classid::bigint << 32) | l.objid::bigint) ="
    "      hashtextextended('stateserver:' || $1, 0)"
    " UNION ALL"
    " SELECT l.pid, l.granted FROM pg_locks l"
    " JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE l.locktype = 'relation' AND n.nspname = $1 AND c.relname = ANY ($2::text[])"
    "  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    "  AND ($4::boolean OR l.mode NOT IN ('AccessShareLock', 'RowShareLock')))"
    "SELECT " HOLDER_COLUMNS
    " FROM locks JOIN pg_stat_activity a USING (pid) WHERE a.pid <> $3::int"
    " ORDER BY locks.granted DESC, a.xact_start LIMIT 1";

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

std::string Describe(const LockHolder& holder) {
  std::string out = Cat("pid ", holder.pid, " (application \"", holder.application, "\", user \"",
                        holder.user, "\"");
  AppendTo(&out, holder.address.empty() ? "" : Cat(" from ", holder.address),
           ", in a transaction for ", holder.age_seconds, "s");
  if (holder.state == "idle in transaction") AppendTo(&out, ", idle now");
  if (!holder.query.empty()) AppendTo(&out, ", query: ", holder.query);
  return out + ")";
}

// Reads HOLDER_COLUMNS of a row, starting at the column `first`.
LockHolder HolderOf(const Result& rows, size_t row, size_t first) {
  LockHolder holder;
  holder.pid = rows.Text(row, first + 0);
  holder.application = rows.Text(row, first + 1);
  holder.user = rows.Text(row, first + 2);
  holder.address = rows.Text(row, first + 3);
  holder.age_seconds = rows.Int(row, first + 4);
  holder.state = rows.Text(row, first + 5);
  holder.query = rows.Text(row, first + 6);
  return holder;
}

// Returns the session that blocks LockState, preferring the longest transaction. Returns nullopt if
// the lock has been released meanwhile or the holder cannot be determined. Never returns
// `waiter_pid`.
std::optional<LockHolder> FindStateLockHolder(Pool& pool, const std::string& schema,
                                              const std::vector<std::string>& tables,
                                              StateLock lock, int waiter_pid) {
  CallContext context;
  context.deadline = SteadyNow() + kAskLimit;
  auto session = pool.Acquire(context);
  if (!session.ok()) return std::nullopt;
  auto rows = (*session)->Query(
      kHoldersQuery, {schema, ArrayLiteral({tables.begin(), tables.end()}), Cat(waiter_pid),
                      lock == StateLock::kEverybody ? "t" : "f"});
  if (!rows.ok() || rows->rows() == 0) return std::nullopt;
  return HolderOf(*rows, 0, 0);
}

// Returns LOCK_TIMEOUT.
absl::Status StateLocked(const std::string& schema, absl::Duration timeout,
                         const std::optional<LockHolder>& holder) {
  std::string sentence = Cat("The state in schema '", schema, "' could not be locked within ",
                             absl::FormatDuration(timeout));
  if (!holder.has_value()) {
    return Error(Reason::LOCK_TIMEOUT, Cat(sentence, "; the holder has ended or is not visible"),
                 "Try again.");
  }
  return Error(
      Reason::LOCK_TIMEOUT, Cat(sentence, ": it is held by ", Describe(*holder)),
      Cat("Wait for that session, or end it: SELECT pg_terminate_backend(", holder->pid, ");"),
      {{"holder_pid", holder->pid},
       {"holder_application", holder->application},
       {"holder_age_seconds", Cat(holder->age_seconds)}});
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

absl::StatusOr<std::map<int, std::string>> DescribeBlockers(Session& session,
                                                            const std::vector<int>& pids) {
  std::map<int, std::string> blockers;
  if (pids.empty()) return blockers;
  std::string list = "{";
  for (int pid : pids) AppendTo(&list, list.size() == 1 ? "" : ",", pid);
  ASSIGN_OR_RETURN(Result rows, session.Query(kBlockersQuery, {list + "}"}));
  for (size_t row = 0; row < rows.rows(); ++row) {
    std::string& text = blockers[static_cast<int>(rows.Int(row, 0))];
    AppendTo(&text, text.empty() ? "" : ", ", Describe(HolderOf(rows, row, 1)));
  }
  return blockers;
}

}  // namespace stateserver::postgres
