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

// Returns true if WriteVersionTable may leave `rows` when it stops between the heads `before` and
// `after`. `rows` must be sorted.
bool IsBetween(const std::vector<std::string>& rows, const std::vector<std::string>& before,
               const std::vector<std::string>& after);

// Returns VERSION_TABLE_DIFFERS unless the table agrees with the journal: it contains the heads,
// what was last written, or what an open run leaves on its way to the heads that result from it.
absl::Status CheckVersionTable(Warehouse& warehouse, const JournalState& state,
                               const RevisionRunPlan& plan);

// Does the same for an open run that is abandoned, of which the resulting heads may not be known.
// Returns true if the table has other rows than the heads, so that it has to be written.
absl::StatusOr<bool> CheckAbandonedVersionTable(Warehouse& warehouse, const JournalState& state);

// Returns true if the open run of `state` may have left `rows` in the table. `rows` must be sorted.
bool LeftByOpenRun(const std::vector<std::string>& rows, const JournalState& state);

}  // namespace stateserver::revisions
