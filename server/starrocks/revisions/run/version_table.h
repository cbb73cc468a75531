// SPDX-License-Identifier: Apache-2.0
//
// The table `alembic_version`, through which a team can come from Alembic and go back to it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/diff/filter.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/warehouse.h"

namespace stateserver::revisions {

struct VersionTableOptions {
  bool off = false;
  std::map<std::string, std::string> properties;  // properties used at creation
};

// The table in the warehouse, maintained as Alembic maintains it.
inline constexpr char kVersionTable[] = "alembic_version";

// Returns the rows of the table, sorted, or nullopt if it does not exist.
absl::StatusOr<std::optional<std::vector<std::string>>> ReadVersionTable(Warehouse& warehouse);

// Returns a predicate for the objects that match `filter`, which must outlive it, but for the
// table: revision runs manage it themselves, so no plan and no declaration concerns it.
std::function<bool(const schema::ObjectName&)> WithoutVersionTable(const schema::Filter& filter);

// Creates the table if it is missing.
absl::Status EnsureVersionTable(Warehouse& warehouse, const VersionTableOptions& options);

// Replaces the rows of the table. Idempotent.
absl::Status WriteVersionTable(Warehouse& warehouse, const std::vector<std::string>& heads);

// Returns VERSION_TABLE_DIFFERS unless the table agrees with the journal: it contains the heads,
// what was last written, or the heads that result from an open run.
absl::Status CheckVersionTable(Warehouse& warehouse, const JournalState& state,
                               const RevisionRunPlan& plan);

}  // namespace stateserver::revisions
