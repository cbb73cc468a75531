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
  std::string statement;  // CREATE statement in canonical form
};

// WarehouseOptions controls when to give up.
struct WarehouseOptions {
  // Maximum time for which a read is retried over new connections.
  absl::Duration patience = absl::Seconds(20);
  // Returns true once the server has to exit: statements in progress are then abandoned. May be
  // called from any thread.
  std::function<bool()> abandon = [] { return false; };
};

// Warehouse holds one connection for reads and one for changes, opened on demand and reopened after
// a loss. Errors are those of starrocks::Connection. Not thread-safe.
class Warehouse {
 public:
  Warehouse(config::Warehouse connection, std::string database, WarehouseOptions options = {})
      : warehouse_(std::move(connection)),
        database_(std::move(database)),
        options_(std::move(options)) {}

  const std::string& database() const { return database_; }

  // Runs one statement that changes something. Never sends it twice.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<starrocks::Rows> Query(const std::string& sql);

  // Returns schema::kNoObject if the object does not exist.
  absl::StatusOr<std::string> Digest(const std::string& object);
  // Returns those of `names` that exist, all if there are none. `readers` is that of
  // starrocks::InspectOptions.
  absl::StatusOr<schema::LiveSchema> Inspect(const std::set<std::string>& names,
                                             bool readers = false);
  // Returns those of `names` that exist.
  absl::StatusOr<std::map<std::string, LiveObjectState>> Read(const std::set<std::string>& names);
  // Returns the engine; queries it only once.
  absl::StatusOr<schema::Engine> QueryEngine();
  absl::StatusOr<int64_t> NewestJob(const std::string& object);
  absl::StatusOr<std::vector<starrocks::Job>> JobsAfter(const std::string& object, int64_t id);
  absl::StatusOr<starrocks::LabelState> Label(const std::string& label);
  // Returns true if the engine is still executing the statement for a lost connection. Returns
  // false if the role may not query this.
  absl::StatusOr<bool> IsAtWorkOn(const std::string& statement);

 private:
  using ConnectionPtr = std::unique_ptr<starrocks::Connection>;

  absl::Status Open(absl::Duration answer_timeout, ConnectionPtr* connection);
  template <typename Question>
  auto Patiently(Question question) -> decltype(question());

  const config::Warehouse warehouse_;
  const std::string database_;
  const WarehouseOptions options_;
  ConnectionPtr asking_, changing_;
  std::optional<schema::Engine> engine_;
};

// Returns the states of those of `names` that `live` has.
std::map<std::string, LiveObjectState> StatesOf(const schema::LiveSchema& live,
                                                const std::set<std::string>& names);

// Returns true if the connection, rather than the statement, failed.
bool IsLost(const absl::Status& status);

}  // namespace stateserver::revisions
