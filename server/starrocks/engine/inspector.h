// SPDX-License-Identifier: Apache-2.0
//
// Reads a database of StarRocks.
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

struct InspectOptions {
  // Connections that read side by side.
  int connections = 4;
  ConnectionOptions connection;
  // Which objects are read; null: all.
  std::function<bool(const schema::ObjectName&)> looked_at;
  // Only these, whatever `looked_at` says; empty: all. Of a large database this is
  // less work.
  std::set<std::string> names;
  // Where the engine neither says nor shows it.
  schema::RunMode run_mode = schema::RunMode::kSharedNothing;
};

// Every table, view and materialized view of `database`, as the engine prints
// it. What was dropped after the listing, or is printed in a way that is not
// understood, is in `unread`.
// Errors: those of Connection, CANCELLED and DEADLINE_EXCEEDED of the call,
// ARGUMENT_INVALID for a warehouse whose catalog is not the default one.
absl::StatusOr<schema::LiveSchema> Inspect(const config::Warehouse& warehouse,
                                           const std::string& database,
                                           const InspectOptions& options, const CallContext& call);

// Whether the warehouse's catalog is StarRocks' own.
bool HasOwnCatalog(const config::Warehouse& warehouse);

struct ForeignTables {
  schema::EngineVersion version;
  std::vector<std::string> names;  // sorted
};

// The names of the tables of another catalog's database: their DDL is another
// one, so that they are listed and no more. Errors as those of Inspect.
absl::StatusOr<ForeignTables> ListForeign(const config::Warehouse& warehouse,
                                          const std::string& database,
                                          const InspectOptions& options, const CallContext& call);

}  // namespace stateserver::starrocks
