// SPDX-License-Identifier: Apache-2.0
//
// Mapping of PostgreSQL's errors to this project's errors. Only this file knows SQLSTATEs.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Endpoint is the target of a connection. It never holds a password.
struct Endpoint {
  std::string host;
  std::string port;
  std::string database;
  std::string user;
};

// Returns a text such as "database "state" at db:5432".
std::string Describe(const Endpoint& endpoint);

// ServerError is an error that PostgreSQL reported. Fields that PostgreSQL did not send are empty.
struct ServerError {
  std::string sqlstate;
  std::string message;
  std::string detail;
  std::string hint;
  // The object that the error names, for GRANT hints.
  std::string schema;
  std::string table;

  bool empty() const { return sqlstate.empty() && message.empty(); }
};

// Maps the error of a statement on a working or failing connection. Sets the facts sqlstate and
// database. A value that PostgreSQL cannot store (a character that the database's encoding lacks,
// text that is too long for an index) is ARGUMENT_INVALID.
absl::Status FromServer(const ServerError& error, const Endpoint& endpoint);

// Returns DATABASE_UNREACHABLE (OVERLOADED for "too many clients") for a connection that was never
// established. `text` is libpq's message in its VERBOSE form.
absl::Status FromConnecting(std::string_view text, const Endpoint& endpoint);

// Returns DATABASE_LOST for a broken connection. `error` may be empty.
absl::Status FromLost(const ServerError& error, const Endpoint& endpoint);

// Returns COMMIT_IN_DOUBT for a connection that broke between COMMIT and its result.
absl::Status CommitInDoubt(const Endpoint& endpoint);

// Returns true for the error of a statement with a character that the database's encoding lacks.
bool LacksCharacter(const absl::Status& status);

// Ends the backend of the lost session `lost` over `session`. PostgreSQL may not have noticed the
// loss yet, and the backend would keep its locks and transaction until the kernel closes the
// connection. Waits a few seconds at most until the backend is gone. Best effort: does nothing if
// the session is alive or a pooler hides its backend.
void EndLostBackend(Session& session, const Session& lost);

}  // namespace stateserver::postgres
