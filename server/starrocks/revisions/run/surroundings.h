// SPDX-License-Identifier: Apache-2.0
//
// The live objects that the engine looks at when it judges the statements of a run.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/revisions/run/plan.h"

namespace stateserver::revisions {

// Maximum number of objects that are read because others read them.
inline constexpr size_t kMostRelations = 2000;

struct Surroundings {
  schema::LiveSchema live;
  // The names that were looked up. Of others it is not known whether they exist.
  std::set<std::string> looked_up;
  // Number of objects around the named ones that were not read: there are too many of them, or the
  // engine prints them in a form that is not understood.
  size_t left_out = 0;
};

// Returns the names in `database` that the statements refer to: objects, relations of queries, and
// parents of foreign keys.
std::set<std::string> NamesOf(const std::vector<SqlStep>& steps, const std::string& database);

// Returns the objects that the queries of the views read and that are not among `live`.
std::set<std::string> ReadByViews(const schema::LiveSchema& live);

// Reads some objects of a database; `readers` is that of starrocks::InspectOptions.
using Inspector =
    std::function<absl::StatusOr<schema::LiveSchema>(const std::set<std::string>&, bool readers)>;

// Returns the objects of these names, the materialized views that read them, directly, through
// views or as a part of their table, and what the queries of all of them read.
absl::StatusOr<Surroundings> InspectSurroundings(const std::set<std::string>& names,
                                                 const std::string& database,
                                                 const Inspector& inspect);

// Returns the same from a warehouse.
absl::StatusOr<Surroundings> InspectSurroundings(const std::set<std::string>& names,
                                                 Warehouse& warehouse);

}  // namespace stateserver::revisions
