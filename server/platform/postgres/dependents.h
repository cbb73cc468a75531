// SPDX-License-Identifier: Apache-2.0
//
// Views and foreign keys that prevent a table from being dropped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Dropped names what is to be dropped: a whole table or some of its columns.
struct Dropped {
  std::string table;
  // If empty, the whole table.
  std::vector<std::string> columns;
};

// Returns the dependent objects, sorted, for example "view public.my_view uses _snapshots".
absl::StatusOr<std::vector<std::string>> Dependents(Session& session, const std::string& schema,
                                                    const std::vector<Dropped>& dropped);

// Return DEPENDENT_OBJECTS, naming the objects, if something uses one of `tables`. `what` completes
// the sentence "… use the state tables: ".
absl::Status RefuseDependents(Session& session, const std::string& schema,
                              const std::vector<std::string>& tables, std::string_view what);
absl::Status RefuseDependents(Session& session, const std::string& schema,
                              const std::vector<Dropped>& dropped, std::string_view what);

}  // namespace stateserver::postgres
