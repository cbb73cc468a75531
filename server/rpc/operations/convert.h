// SPDX-License-Identifier: Apache-2.0
//
// Conversion of operations and audit events to protocol messages.
#pragma once

#include "server/operations/audit.h"
#include "server/operations/log.h"
#include "stateserver/v1/operations.pb.h"

namespace stateserver::rpc {

// Returns the kind that is stored as `name`.
v1::OperationKind KindFromName(std::string_view name);
v1::Operation ToProto(const operations::OperationRecord& record);
v1::AuditEvent ToProto(const operations::AuditEvent& event);

}  // namespace stateserver::rpc
