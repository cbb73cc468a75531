// SPDX-License-Identifier: Apache-2.0
//
// Conversion of operations and audit events to protocol messages.
#pragma once

#include "server/operations/audit.h"
#include "server/operations/log.h"
#include "stateserver/v1/operations.pb.h"

namespace stateserver::rpc {

v1::Operation ToProto(const operations::OperationRecord& record);
v1::AuditEvent ToProto(const operations::AuditEvent& event);

}  // namespace stateserver::rpc
