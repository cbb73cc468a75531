// SPDX-License-Identifier: Apache-2.0
//
// The StarRocks database that revisions change.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/call_context.h"
#include "server/platform/config/config.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/engine/connection.h"
#include "server/starrocks/engine/jobs.h"

namespace stateserver::revisions {

struct LiveObjectState {
  std::string digest;     // schema::ObjectDigest
  std::string statement;  // CREATE, in canonical form
};

// When to give up.
struct WarehouseOptions {
  // How long what only asks is asked again over a new connection.
  absl::Duration patience = absl::Seconds(20);
  // True once the server has to end: what is under way is left alone, whatever
  // becomes of it. From any thread.
  std::function<bool()> abandon = [] { return false; };
};

// A connection that asks and one that changes, opened when they are needed and
// again when they were lost. Not thread-safe. Errors: those of starrocks::Connection.
class Warehouse {
 public:
  Warehouse(config::Warehouse connection, std::string database, WarehouseOptions options = {})
      : warehouse_(std::move(connection)),
        database_(std::move(database)),
        options_(std::move(options)) {}

  const std::string& database() const { return database_; }

  // One statement that changes something; never sent twice.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<starrocks::Rows> Query(const std::string& sql);

  // schema::kNoObject where it is not there.
  absl::StatusOr<std::string> Digest(const std::string& object);
  // Those of `names` that are there.
  absl::StatusOr<std::map<std::string, LiveObjectState>> Read(const std::set<std::string>& names);
  // Asked once.
  absl::StatusOr<schema::Engine> QueryEngine();
  absl::StatusOr<int64_t> NewestJob(const std::string& object);
  absl::StatusOr<std::vector<starrocks::Job>> JobsAfter(const std::string& object, int64_t id);
  absl::StatusOr<starrocks::LabelState> Label(const std::string& label);
  // Whether the engine is at work on the statement for a connection that was lost.
  // False where it may not be asked.
  absl::StatusOr<bool> IsAtWorkOn(const std::string& statement);

 private:
  using ConnectionPtr = std::unique_ptr<starrocks::Connection>;

  absl::Status Open(absl::Duration answer_timeout, ConnectionPtr* connection);
  absl::StatusOr<schema::LiveSchema> Inspect(const std::set<std::string>& names);
  template <typename Question>
  auto Patiently(Question question) -> decltype(question());

  const config::Warehouse warehouse_;
  const std::string database_;
  const WarehouseOptions options_;
  ConnectionPtr asking_, changing_;
  std::optional<schema::Engine> engine_;
};

// Whether the connection, and not the statement, failed.
bool IsLost(const absl::Status& status);

}  // namespace stateserver::revisions
