// SPDX-License-Identifier: Apache-2.0
//
// What a database lists: one or two statements, whatever its size.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/ddl/model/live_schema.h"
#include "server/starrocks/engine/connection.h"

namespace stateserver::starrocks {

struct ListedView {
  schema::Activity activity;
  std::string definition;
};

struct Catalog {
  // Names; asynchronous materialized views are no views here.
  std::vector<std::string> tables, views;
  std::map<std::string, ListedView> materialized, synchronous;
};

// WAREHOUSE_DATABASE_NOT_FOUND for one that is not there. `names`: only these
// tables and views, and all materialized views; empty: all.
absl::StatusOr<Catalog> ListDatabase(Connection& connection, const std::string& database,
                                     const std::set<std::string>& names = {});

// current_version() as numbers.
absl::StatusOr<schema::EngineVersion> ReadVersion(Connection& connection);

// Nothing where the role may not ask.
absl::StatusOr<std::optional<schema::RunMode>> AskRunMode(Connection& connection);

// What the properties of a database's tables tell of the run mode.
std::optional<schema::RunMode> InferRunMode(const std::vector<schema::LiveObject>& objects);

}  // namespace stateserver::starrocks
