// SPDX-License-Identifier: Apache-2.0
//
// Asking the server for a new revision.
#pragma once

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/revisions/folder.h"
#include "client/schema/sources.h"

namespace stateserver::client {

// All pieces of the answer, joined; `file` is empty where there is nothing to do.
absl::StatusOr<pb::AutogenerateResponse> RunAutogenerate(Client& client,
                                                         const pb::AutogenerateBegin& begin,
                                                         const SchemaSource& declared,
                                                         const RevisionFolder& folder);

// The plan of the answer, as schema diff shows it.
pb::DiffResponse PlanOf(const pb::AutogenerateResponse& answer);

}  // namespace stateserver::client
