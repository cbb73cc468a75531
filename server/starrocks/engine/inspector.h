// SPDX-License-Identifier: Apache-2.0
//
// Reading of a StarRocks database.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/call_context.h"
#include "server/platform/config/config.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/engine/connection.h"

namespace stateserver::starrocks {

// Maximum number of objects that `InspectOptions::readers` adds.
inline constexpr size_t kMostReaders = 1000;

struct InspectOptions {
  // Number of connections that read concurrently.
  int connections = 4;
  ConnectionOptions connection;
  // Returns true for objects to read. If null, all.
  std::function<bool(const schema::ObjectName&)> looked_at;
  // Only these names, regardless of `looked_at`; if empty, all. Less work in a large database.
  std::set<std::string> names;
  // With `names`: also the synchronous materialized views of these tables, and the materialized
  // views that read one of the names, with the views between; of the latter at most kMostReaders,
  // the others are in `unread`.
  bool readers = false;
  // Used if the engine neither reports nor reveals its run mode.
  schema::RunMode run_mode = schema::RunMode::kSharedNothing;
};

// Reads every table, view and materialized view of `database`, as printed by the engine. Objects
// that were dropped after the listing, or whose printed form cannot be parsed, are in `unread`.
// Returns errors of Connection, CANCELLED and DEADLINE_EXCEEDED of the call, or ARGUMENT_INVALID
// for a warehouse whose catalog is not the default one.
absl::StatusOr<schema::LiveSchema> Inspect(const config::Warehouse& warehouse,
                                           const std::string& database,
                                           const InspectOptions& options, const CallContext& call);

// Returns true if the warehouse's catalog is StarRocks' own.
bool HasOwnCatalog(const config::Warehouse& warehouse);

struct ForeignTables {
  schema::EngineVersion version;
  std::vector<std::string> names;  // sorted
};

// Returns the names of the tables in a database of another catalog. Their DDL differs, so they are
// only listed. Errors are those of Inspect.
absl::StatusOr<ForeignTables> ListForeign(const config::Warehouse& warehouse,
                                          const std::string& database,
                                          const InspectOptions& options, const CallContext& call);

}  // namespace stateserver::starrocks
