// SPDX-License-Identifier: Apache-2.0
//
// State tables in an empty database.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::store {

// Creates schema (where missing), the tables and indexes of that schema version,
// and the `_versions` row. The session is in a transaction.
absl::Status CreateState(postgres::Session& session, std::string_view schema,
                         const Versions& versions);

}  // namespace stateserver::store
