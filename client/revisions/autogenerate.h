// SPDX-License-Identifier: Apache-2.0
//
// Generation of a new revision by the server.
#pragma once

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/revisions/folder.h"
#include "client/schema/sources.h"

namespace stateserver::client {

// Returns all messages of the response, joined. `file` is empty if there is nothing to do.
absl::StatusOr<pb::AutogenerateResponse> RunAutogenerate(Client& client,
                                                         const pb::AutogenerateBegin& begin,
                                                         const SchemaSource& declared,
                                                         const RevisionFolder& folder);

// Returns the plan of the response in the form of schema diff.
pb::DiffResponse PlanOf(const pb::AutogenerateResponse& answer);

}  // namespace stateserver::client
