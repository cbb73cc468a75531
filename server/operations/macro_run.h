// SPDX-License-Identifier: Apache-2.0
//
// The audit of code that a state contains and this server runs.
#pragma once

#include "absl/status/status.h"
#include "server/operations/log.h"
#include "server/platform/call_context.h"
#include "server/platform/postgres/pool.h"

namespace stateserver::operations {

// The kind of the events and refusals.
inline constexpr char kRunMacros[] = "run macros";

// Writes the event `began` of kind kRunMacros, in its own transaction: it is kept whatever becomes
// of the call, which may be a dry run or the upgrade of a file that changes nothing. Creates schema
// `stateserver` if it is missing. Fills in the caller and the kind. After an error, such as
// PERMISSION_MISSING, nothing was recorded and the code must not run.
absl::Status RecordMacroRun(postgres::Pool& pool, const CallContext& call,
                            OperationRequest request);

}  // namespace stateserver::operations
