// SPDX-License-Identifier: Apache-2.0
//
// One snapshot, as an export holds it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/reads.h"

namespace stateserver::transfer {

struct OneSnapshot {
  store::SnapshotSummary summary;
  std::string json;
  std::vector<std::string> environments;  // that use it
  std::vector<std::string> others;        // identifiers of the same name, newest first
};

// `name` with or without quotes; an empty identifier means the newest.
// SNAPSHOT_NOT_FOUND, STATE_CORRUPT.
absl::StatusOr<OneSnapshot> ReadSnapshot(postgres::Session& session, std::string_view schema,
                                         const store::Versions& versions, std::string_view name,
                                         std::string_view identifier);

}  // namespace stateserver::transfer
