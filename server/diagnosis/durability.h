// SPDX-License-Identifier: Apache-2.0
//
// Whether what PostgreSQL acknowledges is there after a crash.
#pragma once

#include "absl/status/statusor.h"
#include "server/diagnosis/diagnose.h"
#include "server/platform/postgres/session.h"

namespace stateserver::diagnosis {

// One finding, "durability": the settings of server, database and role that are
// weaker than what docs/transactions.md promises.
absl::StatusOr<Finding> CheckDurability(postgres::Session& session);

}  // namespace stateserver::diagnosis
