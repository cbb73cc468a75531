// SPDX-License-Identifier: Apache-2.0
//
// What the database's role may do, by the rights that the commands need.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/diagnosis/diagnose.h"
#include "server/platform/postgres/session.h"

namespace stateserver::diagnosis {

// One finding for each group of rights: to read, to write, to migrate, to keep
// operations in schema `stateserver`. `schema` holds the state tables, or will.
absl::StatusOr<std::vector<Diagnosis>> CheckRights(postgres::Session& session,
                                                   const std::string& schema);

}  // namespace stateserver::diagnosis
