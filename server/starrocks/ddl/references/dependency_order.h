// SPDX-License-Identifier: Apache-2.0
//
// The order in which objects can be created.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/ddl/model/object.h"
#include "server/starrocks/ddl/references/references.h"

namespace stateserver::schema {

// Tables first, then views and materialized views behind what they read; of
// several orders that of the names. Foreign keys of tables do not count.
// Errors: SCHEMA_INVALID, views that read each other in a ring, or through more than kMostDepth
// others.
absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects, ReferenceCache* references);

}  // namespace stateserver::schema
