// SPDX-License-Identifier: Apache-2.0
//
// What maintenance works with: the newest schema.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::maintenance {

using Progress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

// The versions of the state, which is of the newest schema. NOT_MIGRATED,
// STATE_BEHIND (run migrate) or STATE_AHEAD otherwise.
absl::StatusOr<store::Versions> CurrentVersions(postgres::Session& session,
                                                std::string_view database, std::string_view schema);

}  // namespace stateserver::maintenance
