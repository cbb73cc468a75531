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

using Value = std::optional<std::string>;  // nothing: NULL

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;

  // The value, or "" for NULL. `column` as the engine names it, whatever its case.
  std::string Text(size_t row, std::string_view column) const;
};

struct ConnectionOptions {
  absl::Duration connect_timeout = absl::Seconds(10);
  // How long a statement may go without a byte of its answer.
  absl::Duration answer_timeout = absl::Minutes(2);
};

// Not thread-safe, but for Abort().
class Connection {
 public:
  // `database` may be empty. Errors: WAREHOUSE_UNREACHABLE (nobody there, or the
  // login refused), WAREHOUSE_DATABASE_NOT_FOUND.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const config::Warehouse& warehouse,
                                                          const std::string& database,
                                                          const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The whole answer, in memory. Errors: WAREHOUSE_LOST, DEADLINE_EXCEEDED after
  // answer_timeout, WAREHOUSE_ERROR with the engine's text and, as the fact
  // "engine_code", its number. After the first two the connection is of no use.
  absl::StatusOr<Rows> Query(const std::string& sql);

  // Ends what is under way: Query fails. From any thread, while this lives.
  void Abort();

 private:
  Connection(st_mysql* handle, std::string where, absl::Duration answer_timeout)
      : handle_(handle), where_(std::move(where)), answer_timeout_(answer_timeout) {}
  absl::Status Failed(absl::Duration taken) const;

  st_mysql* const handle_;
  const std::string where_;  // "fe:9030", for messages
  const absl::Duration answer_timeout_;
};

// For errors of Query: the engine's number, 0 for others.
int EngineCode(const absl::Status& status);

// The name in backticks, or the text in single quotes, as SQL has them.
std::string QuotedName(std::string_view name);
std::string QuotedText(std::string_view text);

}  // namespace stateserver::starrocks
