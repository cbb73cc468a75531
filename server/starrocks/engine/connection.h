// SPDX-License-Identifier: Apache-2.0
//
// One connection to a StarRocks front end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/config/config.h"

struct st_mysql;

namespace stateserver::starrocks {

using Value = std::optional<std::string>;  // nullopt for NULL

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;

  // Returns the value, or "" for NULL. `column` is the engine's name of the column, in any case.
  std::string Text(size_t row, std::string_view column) const;
};

struct ConnectionOptions {
  absl::Duration connect_timeout = absl::Seconds(10);
  // Maximum time for which a statement may run without receiving a byte of its result.
  absl::Duration answer_timeout = absl::Minutes(2);
};

// Connection is one session. Not thread-safe, except for Abort().
class Connection {
 public:
  // Connects; `database` may be empty. Returns WAREHOUSE_UNREACHABLE (no connection, or the login
  // was rejected) or WAREHOUSE_DATABASE_NOT_FOUND.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const config::Warehouse& warehouse,
                                                          const std::string& database,
                                                          const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs a statement and returns its whole result in memory. Returns WAREHOUSE_LOST,
  // DEADLINE_EXCEEDED after answer_timeout, or WAREHOUSE_ERROR with the engine's message and, as
  // the fact "engine_code", its number. The connection is unusable after the first two.
  absl::StatusOr<Rows> Query(const std::string& sql);

  // Aborts the statement in progress: Query fails. May be called from any thread during the life of
  // this object.
  void Abort();

 private:
  Connection(st_mysql* handle, std::string where, absl::Duration answer_timeout)
      : handle_(handle), where_(std::move(where)), answer_timeout_(answer_timeout) {}
  absl::Status Failed(absl::Duration taken) const;

  st_mysql* const handle_;
  const std::string where_;  // "fe:9030", for messages
  const absl::Duration answer_timeout_;
};

// Return the name in backticks, and the text in single quotes, escaped for SQL.
std::string QuotedName(std::string_view name);
std::string QuotedText(std::string_view text);

}  // namespace stateserver::starrocks
