// SPDX-License-Identifier: Apache-2.0
//
// Heartbeats and requests to cancel, which servers exchange through the rows of the operation log:
// how far each running operation is, and who asked to cancel it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/log.h"
#include "server/platform/call_context.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"

namespace stateserver::operations {

// How often a server writes the heartbeats of its operations.
inline constexpr absl::Duration kHeartbeatInterval = absl::Seconds(2);

// Heartbeat is the progress of one running operation.
struct Heartbeat {
  std::string operation_id;
  std::string phase;
  // Records or steps that the phase has done, and their total; 0 if unknown.
  int64_t done = 0;
  int64_t total = 0;
  // `done` per second since the heartbeat before.
  double rate = 0;
  // Who holds the lock in PostgreSQL that the operation waits for; empty if nobody.
  std::string blocked_by;
};

struct CancelRequest {
  std::string operation_id;
  std::string principal;
};

// Writes the heartbeats of the operations that run on `server` and returns the requests to cancel
// them. Skips rows that are locked, because their operations are about to end. Does nothing if the
// tables have no room for heartbeats yet. `session` must not be in a transaction.
absl::StatusOr<std::vector<CancelRequest>> WriteHeartbeats(postgres::Session& session,
                                                           const std::string& state_schema,
                                                           const std::string& server,
                                                           const std::vector<Heartbeat>& beats);

// RunningRecord is an operation that runs on some server, with its last heartbeat.
struct RunningRecord {
  OperationRecord operation;
  Heartbeat heartbeat;
  std::string server;
  // 0 before the first heartbeat.
  int64_t heartbeat_ts = 0;
};

// Returns the operations that run now, on whichever server, oldest first, at most 1,000.
absl::StatusOr<std::vector<RunningRecord>> ListRunning(postgres::Session& session,
                                                       const std::string& state_schema);

// Waits until the operation does not run any more, at most for `limit`, and returns it. Holds no
// session while it waits. Returns OPERATION_NOT_FOUND, CANCELLED or DEADLINE_EXCEEDED.
absl::StatusOr<OperationRecord> WaitUntilEnded(postgres::Pool& pool, const CallContext& call,
                                               const std::string& state_schema,
                                               const std::string& id, absl::Duration limit);

// Asks the server that runs an operation to cancel it, and records who asked in the audit trail.
// The server notices within kHeartbeatInterval; the operation then fails with CANCELLED. Returns
// OPERATION_NOT_FOUND, or OPERATION_ENDED if the operation does not run or its commit has begun.
absl::Status RequestCancel(postgres::Session& session, const std::string& state_schema,
                           const std::string& id, const CallContext& by);

}  // namespace stateserver::operations
