// SPDX-License-Identifier: Apache-2.0
//
// The rights of the database role that the commands need.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/diagnosis/diagnose.h"
#include "server/platform/postgres/session.h"

namespace stateserver::diagnosis {

// Returns one finding for each group of rights: to read, to write, to migrate, and to keep
// operations in schema `stateserver`. `schema` is the schema of the state tables; it need not exist
// yet.
absl::StatusOr<std::vector<Diagnosis>> CheckRights(postgres::Session& session,
                                                   const std::string& schema);

}  // namespace stateserver::diagnosis
