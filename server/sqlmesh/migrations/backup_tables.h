// SPDX-License-Identifier: Apache-2.0
//
// The `_backup` tables that SQLMesh's migrate leaves for its rollback.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::migrations {

// `_snapshots_backup`.
std::string BackupName(std::string_view table);

// The tables that SQLMesh backs up.
const std::vector<std::string>& BackedUpTables();

// Those of `names` that are tables of `schema`, in the order of `names`.
absl::StatusOr<std::vector<std::string>> ExistingTables(postgres::Session& session,
                                                        const std::string& schema,
                                                        const std::vector<std::string>& names);

// Copies every state table there is, with indexes and keys, in place of the
// copies of an earlier migration. DEPENDENT_OBJECTS when somebody's view uses
// one of those.
absl::Status MakeBackups(postgres::Session& session, const std::string& schema);

}  // namespace stateserver::migrations
