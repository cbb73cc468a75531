// SPDX-License-Identifier: Apache-2.0
//
// The table `alembic_version` in the warehouse, kept as Alembic keeps it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/request.h"

namespace stateserver::revisions {

inline constexpr char kVersionTable[] = "alembic_version";

// Nothing where there is no such table; otherwise its rows, sorted.
absl::StatusOr<std::optional<std::vector<std::string>>> ReadVersionTable(Warehouse& warehouse);

// Creates the table where it is missing.
absl::Status EnsureVersionTable(Warehouse& warehouse, const VersionTableOptions& options);

// Makes its rows these. Running it twice does no harm.
absl::Status WriteVersionTable(Warehouse& warehouse, const std::vector<std::string>& heads);

// VERSION_TABLE_DIFFERS unless the table says what the journal says: the heads,
// what was written last, or the heads that an open run leads to.
absl::Status CheckVersionTable(Warehouse& warehouse, const JournalState& state,
                               const MigrationPlan& plan);

}  // namespace stateserver::revisions
