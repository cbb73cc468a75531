// SPDX-License-Identifier: Apache-2.0
//
// Generation of SQLAlchemy models for the `starrocks` dialect.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Returns one Python module that the dialect compiles back to the same schema: a declarative class
// for a table with a primary key; Table, View and MaterializedView for other objects. Attributes
// that the dialect cannot express appear above their object as "# not expressible: …". Keeps the
// given order. Errors are those of `meter`, which may be null.
absl::StatusOr<std::string> GenerateModels(const std::vector<const Object*>& objects,
                                           WorkMeter* meter);

}  // namespace stateserver::schema
