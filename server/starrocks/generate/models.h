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

// LeftOut is an attribute that models cannot express.
struct LeftOut {
  ObjectName object;
  std::string attribute;  // in SQL
};

// Returns one Python module that the dialect compiles back to the same schema: a declarative class
// for a table with a primary key; Table, View and MaterializedView for other objects. Attributes
// that the dialect cannot express appear above their object as "# not expressible: …" and, unless
// it is null, in `left_out`. Keeps the given order. Errors are those of `meter`, which may be null.
absl::StatusOr<std::string> GenerateModels(const std::vector<const Object*>& objects,
                                           WorkMeter* meter,
                                           std::vector<LeftOut>* left_out = nullptr);

// Return true if models can express the attribute. They cannot express indexes, rollups and
// synchronous materialized views.
bool ModelsExpress(const Column& column);
bool ModelsExpress(const KeyClause& key);
bool ModelsExpressProperty(const std::string& key, const std::string& value);

}  // namespace stateserver::schema
