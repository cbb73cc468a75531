// SPDX-License-Identifier: Apache-2.0
//
// Objects as SQLAlchemy models for the `starrocks` dialect.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// One Python module, which the dialect compiles back to the same schema: a
// declarative class for a table with a primary key, Table, View and
// MaterializedView for the rest. What the dialect has no word for stands above
// its object as "# not expressible: …". In the order given.
// Errors: those of `meter`, which may be null.
absl::StatusOr<std::string> GenerateModels(const std::vector<const Object*>& objects,
                                           WorkMeter* meter);

}  // namespace stateserver::schema
