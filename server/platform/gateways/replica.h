// SPDX-License-Identifier: Apache-2.0
//
// Reading a gateway's state where it does no harm: from a hot standby.
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
  // "replica"; "stale" or "unreachable" where the primary is read instead; empty
  // for a gateway without a replica.
  std::string outcome;
};

// A session on the gateway's replica, if what it has replayed is all that the
// primary had written a moment ago, or not older than the gateway accepts; else on
// the primary. While the primary does not answer, the age is that of the last
// transaction replayed, which is the most it can be. Errors are those of the pool
// of the primary.
absl::StatusOr<ReadSession> AcquireForExport(const Gateway& gateway, const CallContext& call);

}  // namespace stateserver::gateways
