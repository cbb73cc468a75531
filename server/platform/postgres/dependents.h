// SPDX-License-Identifier: Apache-2.0
//
// Views and foreign keys that stand in the way of dropping a table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// What of other tables would go: all of it, or only these columns.
struct Dropped {
  std::string table;
  // Empty: the whole table.
  std::vector<std::string> columns;
};

// "view public.my_view uses _snapshots", …, sorted.
absl::StatusOr<std::vector<std::string>> Dependents(Session& session, const std::string& schema,
                                                    const std::vector<Dropped>& dropped);

// DEPENDENT_OBJECTS, naming them, when something uses one of `tables`. `what`
// is the rest of the sentence "… use the state tables: ".
absl::Status RefuseDependents(Session& session, const std::string& schema,
                              const std::vector<std::string>& tables, std::string_view what);
absl::Status RefuseDependents(Session& session, const std::string& schema,
                              const std::vector<Dropped>& dropped, std::string_view what);

}  // namespace stateserver::postgres
