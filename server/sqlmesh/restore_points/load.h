// SPDX-License-Identifier: Apache-2.0
//
// The rows of a restore point into tables; only for the files of this folder.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/restore_points/manifest.h"

namespace stateserver::operations {

// COPYs every table of the manifest. STATE_CORRUPT when rows lack.
absl::Status LoadRows(postgres::Session& session, const std::string& quoted_schema,
                      const std::vector<TableShape>& tables, const std::string& id);

}  // namespace stateserver::operations
