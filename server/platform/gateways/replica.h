// SPDX-License-Identifier: Apache-2.0
//
// Reading of a gateway's state from a hot standby.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/platform/call_context.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/postgres/session.h"

namespace stateserver::gateways {

struct ReadSession {
  std::unique_ptr<postgres::Session> session;
  // "replica"; "stale" or "unreachable" if the primary is read instead; empty for a gateway without
  // a replica.
  std::string outcome;
};

// Returns a session on the gateway's replica if the replica has replayed everything that the
// primary had written a moment ago, or is not older than the gateway accepts; otherwise a session
// on the primary. While the primary does not respond, the age of the last replayed transaction is
// used, which is an upper bound. Errors are those of the primary's pool.
absl::StatusOr<ReadSession> AcquireForExport(const Gateway& gateway, const CallContext& call);

}  // namespace stateserver::gateways
