// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/set_up.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "server/platform/postgres/connection.h"

namespace stateserver::postgres {
namespace {

// lz4 takes a fraction of pglz's time; it is available from PostgreSQL 14 if the build supports it.
// The search_path is set first, because the statements after it are resolved with it.
constexpr char kSettings[] =
    "SET search_path = pg_catalog, pg_temp;"
    "SET standard_conforming_strings = on;"
    "SET client_min_messages = warning;"
    "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings"
    " WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals);";

// From PostgreSQL 14, if its platform supports it: a backend in a long statement checks whether its
// client is still connected.
constexpr char kNoticeLostClient[] =
    "SELECT set_config('client_connection_check_interval', '10s', false) FROM pg_settings"
    " WHERE name = 'client_connection_check_interval' AND setting = '0'";

// `reset_val` is the value at the start of the session, whatever was set since. The start time
// distinguishes this backend from a later one with the same process id.
constexpr char kInspect[] =
    "SELECT pg_backend_pid(), t.setting, c.reset_val,"
    " (SELECT extract(epoch FROM backend_start)::text FROM pg_stat_activity"
    "  WHERE pid = pg_backend_pid())"
    " FROM pg_settings t, pg_settings c"
    " WHERE t.name = 'statement_timeout' AND c.name = 'synchronous_commit'";

// Each setting is a limit; 0 means none.
std::string BoundsSql(const PoolOptions& options) {
  TcpLimits tcp = TcpLimitsFor(options.lost_connection_timeout);
  return absl::StrCat(
      "SELECT set_config(s.name, b.most::text, false) FROM pg_settings s JOIN (VALUES"
      " ('idle_in_transaction_session_timeout', ",
      absl::ToInt64Milliseconds(options.idle_transaction_timeout), "), ('tcp_keepalives_idle', ",
      tcp.idle_seconds, "), ('tcp_keepalives_interval', ", tcp.interval_seconds,
      "), ('tcp_keepalives_count', ", tcp.count, "), ('tcp_user_timeout', ", tcp.user_timeout_ms,
      ")) AS b(name, most) ON s.name = b.name WHERE CASE s.vartype WHEN 'integer'"
      " THEN s.setting::bigint NOT BETWEEN 1 AND b.most END;");
}

// Returns a value not weaker than `on`; remote_apply is stronger.
std::string AtLeastOn(std::string_view synchronous_commit) {
  return synchronous_commit == "remote_apply" ? "remote_apply" : "on";
}

absl::StatusOr<Result> Inspect(Session& session) {
  ASSIGN_OR_RETURN(Transaction transaction,
                   Transaction::Begin(session, Isolation::kRepeatableReadReadOnly));
  return session.Query(kInspect);
}

absl::Status RoleOverPooler() {
  return Error(Reason::POOLER_UNSAFE,
               "The gateway assumes a role, but is reached through a connection pooler that would "
               "pass the role on to other clients",
               "Connect to PostgreSQL itself, or to a pool in session mode with `pool_mode: "
               "session`.");
}

}  // namespace

absl::Status SetUp(Session& session, Connection& connection, const PoolOptions& options) {
  // Assumes a pooler until more is known, so that the transaction sets its own path.
  connection.pooler = true;
  ASSIGN_OR_RETURN(Result rows, Inspect(session));
  // A pooler reports a process id that is not the backend's.
  connection.pooler = rows.Int(0, 0) != connection.pid();
  connection.statement_timeout_ms = rows.Int(0, 1);
  connection.synchronous_commit = AtLeastOn(rows.Text(0, 2));
  if (!connection.pooler) connection.backend_start = rows.Text(0, 3);
  connection.shared = connection.pooler && !options.pooler_keeps_sessions;
  if (connection.shared) {
    return options.setup_sql.empty() ? absl::OkStatus() : RoleOverPooler();
  }
  // synchronous_commit is set explicitly even if it is `on` already, so that a reload of
  // postgresql.conf does not weaken it.
  RETURN_IF_ERROR(session.Execute(absl::StrCat(
      kSettings, BoundsSql(options), "SET synchronous_commit = ", connection.synchronous_commit)));
  // Rejected if the platform does not support it; a long statement then runs to its end.
  if (absl::Status status = session.Execute(kNoticeLostClient);
      !status.ok() && ReasonOf(status) != Reason::DATABASE_ERROR) {
    return status;
  }
  return options.setup_sql.empty() ? absl::OkStatus() : session.Execute(options.setup_sql);
}

}  // namespace stateserver::postgres
