// SPDX-License-Identifier: Apache-2.0
//
// What somebody changed beside the revisions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

// What the journal remembers, as a schema of `database`.
// WAREHOUSE_UNREADABLE where a text of the journal does not parse.
absl::StatusOr<std::vector<schema::Object>> RememberedObjects(
    const std::map<std::string, KnownObject>& known, const std::string& database);

struct Drift {
  std::vector<std::string> drifted;  // names that differ or are gone
  // What takes the live schema back.
  schema::Plan back;
};

// `live` is the whole database.
absl::StatusOr<Drift> FindDrift(const schema::LiveSchema& live,
                                const std::map<std::string, KnownObject>& known);

}  // namespace stateserver::revisions
