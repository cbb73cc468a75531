// SPDX-License-Identifier: Apache-2.0
//
// Detection of changes that were made outside the revisions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

// Returns the schema that the journal remembers, in `database`. Returns WAREHOUSE_UNREADABLE if a
// text of the journal cannot be parsed.
absl::StatusOr<std::vector<schema::Object>> RememberedObjects(
    const std::map<std::string, KnownObject>& known, const std::string& database);

struct Drift {
  std::vector<std::string> drifted;  // names of objects that differ or no longer exist
  // The plan that reverts the live schema.
  schema::Plan back;
};

// Compares the live schema with the journal. `live` must be the whole database.
absl::StatusOr<Drift> FindDrift(const schema::LiveSchema& live,
                                const std::map<std::string, KnownObject>& known);

}  // namespace stateserver::revisions
