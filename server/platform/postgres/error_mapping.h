// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's errors as ours: the one place that knows SQLSTATEs.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Where a connection goes; never holds a password.
struct Endpoint {
  std::string host;
  std::string port;
  std::string database;
  std::string user;
};

// "database "state" at db:5432".
std::string Describe(const Endpoint& endpoint);

// What PostgreSQL said; empty fields where it said nothing.
struct ServerError {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  // The object it names, for GRANT hints.
  std::string schema;
  std::string table;

  bool empty() const { return sqlstate.empty() && message.empty(); }
};

// An error of a statement on a living or dying connection. Facts: sqlstate,
// and database.
absl::Status FromServer(const ServerError& error, const Endpoint& endpoint);

// DATABASE_UNREACHABLE (OVERLOADED for "too many clients"): the connection was
// never made. `text` is libpq's message in its VERBOSE form.
absl::Status FromConnecting(std::string_view text, const Endpoint& endpoint);

// DATABASE_LOST: the connection broke. `error` may be empty.
absl::Status FromLost(const ServerError& error, const Endpoint& endpoint);

// COMMIT_IN_DOUBT: it broke between COMMIT and its answer.
absl::Status CommitInDoubt(const Endpoint& endpoint);

// Where `lost` has lost its connection, PostgreSQL may not know it yet: its backend would
// keep locks and transaction until the kernel gives the other end up. Ends that backend
// over `session` and waits until it is gone, a few seconds at most. Best effort: does
// nothing for a session that is alive, or whose backend a pooler hides.
void EndLostBackend(Session& session, const Session& lost);

}  // namespace stateserver::postgres
