// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/pooled_session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/time.h"
#include "server/platform/postgres/connection.h"
#include "server/platform/postgres/set_up.h"

namespace stateserver::postgres {

PooledSession::PooledSession(std::unique_ptr<Connection> connection, Watcher& watcher,
                             CallContext context, GiveBack give_back)
    : connection_(std::move(connection)),
      watcher_(watcher),
      context_(std::move(context)),
      give_back_(std::move(give_back)) {
  if (context_.backends != nullptr) context_.backends->Add(connection_->pid());
}

PooledSession::~PooledSession() {
  Rollback();
  if (context_.backends != nullptr) context_.backends->Remove(connection_->pid());
  give_back_(std::move(connection_));
}

Watch PooledSession::NewWatch(Interrupt interrupt) const {
  Watch watch;
  watch.socket = connection_->socket();
  watch.cancel = connection_->cancel();
  watch.context = &context_;
  watch.interrupt = interrupt;
  return watch;
}

absl::Status PooledSession::CheckReady() const {
  RETURN_IF_ERROR(context_.Check());
  if (!connection_->alive()) return FromLost({}, connection_->endpoint());
  return absl::OkStatus();
}

absl::Status PooledSession::Failure(absl::Status interruption, std::string_view text) {
  ServerError error = connection_->TakeError();
  bool alive = connection_->alive();
  if (!interruption.ok()) {
    // Another cancel request may be in transit and would hit the next call.
    connection_->unfit = true;
    if (!alive || error.sqlstate == "57014") return interruption;
  }
  if (error.message.empty()) error.message = std::string(text);
  if (!alive && error.sqlstate != "53100") return FromLost(error, connection_->endpoint());
  return FromServer(error, connection_->endpoint());
}

absl::StatusOr<Result> PooledSession::RunWatched(const std::function<pqxx::result()>& statement) {
  RETURN_IF_ERROR(CheckReady());
  WatchGuard guard(watcher_, NewWatch(Interrupt::kWhenContextFails));
  try {
    Result result(std::make_shared<Result::Impl>(statement()));
    if (!guard.Leave().ok()) connection_->unfit = true;
    return result;
  } catch (const std::exception& error) {
    return Failure(guard.Leave(), error.what());
  }
}

std::string PooledSession::LocalSettings() const {
  return absl::StrCat(kLocalSearchPath,
                      "SET LOCAL synchronous_commit = ", connection_->synchronous_commit);
}

absl::StatusOr<Result> PooledSession::RunSafely(const std::function<pqxx::result()>& statement) {
  if (!connection_->pooler || in_transaction()) return RunWatched(statement);
  absl::StatusOr<Result> result = RunWatched([&] {
    connection_->Exec(absl::StrCat("BEGIN;", LocalSettings()));
    pqxx::result rows = statement();
    connection_->Exec("COMMIT");
    return rows;
  });
  if (!result.ok()) Rollback();
  return result;
}

absl::StatusOr<Result> PooledSession::Query(const std::string& sql, const Parameters& parameters) {
  return RunSafely([&] { return connection_->ExecParams(sql, parameters); });
}

absl::StatusOr<Result> PooledSession::QueryPrepared(const std::string& sql,
                                                    const Parameters& parameters) {
  // Another backend of the pooler would not know the statement.
  if (connection_->shared) return Query(sql, parameters);
  return RunSafely([&] { return connection_->ExecPrepared(sql, parameters); });
}

absl::Status PooledSession::Execute(const std::string& sql) {
  return RunSafely([&] { return connection_->Exec(sql); }).status();
}

absl::Status PooledSession::RequireOwnSession() const {
  if (!connection_->shared) return absl::OkStatus();
  return Error(Reason::POOLER_UNSAFE,
               "The gateway is reached through a connection pooler, but a change needs a session "
               "of its own for its locks; nothing was changed",
               "Connect to PostgreSQL itself, or to a pool in session mode with `pool_mode: "
               "session`.",
               {{"database", connection_->endpoint().database}});
}

namespace {

// Enforces the call's deadline in PostgreSQL too, in case this server is no longer there to cancel.
// Uses SET LOCAL, which no pooler can lose. Keeps a shorter timeout of the role.
std::string TimeoutSql(absl::Time deadline, int64_t of_role_ms) {
  constexpr absl::Duration kSlack = absl::Seconds(5);
  constexpr absl::Duration kLongest = absl::Hours(24 * 20);  // the limit of an int of milliseconds
  absl::Duration left = std::max(deadline - SteadyNow(), absl::ZeroDuration()) + kSlack;
  int64_t milliseconds = absl::ToInt64Milliseconds(left);
  if (left > kLongest || (of_role_ms > 0 && of_role_ms <= milliseconds)) return "";
  return absl::StrCat("; SET LOCAL statement_timeout = ", milliseconds);
}

// Makes the call's trace visible in pg_stat_activity and in PostgreSQL's log with %a. Uses SET
// LOCAL, as above.
std::string TraceSql(const Connection& connection, const std::string& trace_id) {
  constexpr size_t kNameLength = 30;  // PostgreSQL truncates the whole name at 63 bytes
  if (trace_id.empty()) return "";
  std::string name = connection.application_name().substr(0, kNameLength);
  return absl::StrCat("; SET LOCAL application_name = ",
                      QuoteLiteral(absl::StrCat(name, " ", trace_id)));
}

}  // namespace

absl::Status PooledSession::Begin(Isolation isolation) {
  std::string sql = isolation == Isolation::kReadCommitted
                        ? "BEGIN ISOLATION LEVEL READ COMMITTED"
                        : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  if (connection_->pooler) absl::StrAppend(&sql, ";", LocalSettings());
  absl::StrAppend(&sql, TimeoutSql(context_.deadline, connection_->statement_timeout_ms),
                  TraceSql(*connection_, context_.trace_id));
  return RunWatched([&] { return connection_->Exec(sql); }).status();
}

bool PooledSession::in_transaction() const {
  PGTransactionStatusType status = connection_->transaction_status();
  return connection_->alive() && status != PQTRANS_IDLE;
}

absl::Status PooledSession::Commit() {
  // A connection that ended before COMMIT was sent leaves no doubt.
  if (connection_->ServerHungUp()) return FromLost({}, connection_->endpoint());
  if (connection_->transaction_status() == PQTRANS_INERROR) {
    // PostgreSQL responds to such a COMMIT with a successful "ROLLBACK".
    Rollback();
    return Error(Reason::DATABASE_ERROR,
                 "The transaction had failed before its commit and was rolled back");
  }
  if (absl::Status status = context_.Check(); !status.ok()) {
    Rollback();
    return status;
  }
  WatchGuard guard(watcher_, NewWatch(Interrupt::kCommit));
  try {
    connection_->Exec("COMMIT");
    return absl::OkStatus();
  } catch (const std::exception& error) {
    absl::Status failure = Failure(absl::OkStatus(), error.what());
    return connection_->alive() ? failure : CommitInDoubt(connection_->endpoint());
  }
}

bool PooledSession::TryRollback() {
  WatchGuard guard(watcher_, NewWatch(Interrupt::kCleanup));
  try {
    connection_->Exec("ROLLBACK");
    return true;
  } catch (const std::exception&) {
    (void)connection_->TakeError();
    return false;
  }
}

void PooledSession::Rollback() {
  if (!in_transaction()) return;
  // Twice, because a cancel request in transit may have hit the first.
  if (connection_->transaction_status() != PQTRANS_ACTIVE && (TryRollback() || TryRollback())) {
    return;
  }
  connection_->Drop();
}

void PooledSession::Close() { connection_->Drop(); }

absl::StatusOr<Transaction> Transaction::Begin(Session& session, Isolation isolation) {
  RETURN_IF_ERROR(session.Begin(isolation));
  return Transaction(session);
}

Transaction::~Transaction() {
  if (session_ != nullptr) session_->Rollback();
}

absl::Status Transaction::Commit() {
  RETURN_IF_ERROR(session_->Commit());
  session_ = nullptr;
  return absl::OkStatus();
}

}  // namespace stateserver::postgres
