// SPDX-License-Identifier: Apache-2.0
//
// Where a warehouse's schema stands.
#pragma once

#include <string>
#include <vector>

#include "client/cli/session.h"
#include "revisions/graph.h"
#include "stateserver/v1/revisions.pb.h"

namespace stateserver::client {

// Asks the server and prints an open run and the lock to the talk, best effort.
void PrintWhereThingsStand(Session& session, Client& client, const pb::WarehouseScope& scope);

// The open run of a status, statement by statement, and who holds the lock.
void PrintOpenRun(std::ostream& out, const pb::GetStatusResponse& status);

// "3f2a9c81d0e4 (head), add age".
std::string RevisionLine(const revisions::Revision& revision, bool head);

}  // namespace stateserver::client
