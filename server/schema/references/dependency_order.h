// The order in which objects can be created.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/schema/model/object.h"

namespace stateserver::schema {

// Tables first, then views and materialized views behind what they read; of
// several orders that of the names. Foreign keys of tables do not count.
// Errors: SCHEMA_INVALID, views that read each other in a ring.
absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects);

// What a view's or materialized view's query says; empty for a table.
const std::string& QueryOf(const Object& object);

}  // namespace stateserver::schema
