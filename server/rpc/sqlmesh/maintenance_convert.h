// SPDX-License-Identifier: Apache-2.0
//
// What has expired, as messages.
#pragma once

#include <functional>
#include <string>

#include "server/rpc/service_context.h"
#include "server/sqlmesh/maintenance/change.h"
#include "server/sqlmesh/maintenance/expired_plan.h"
#include "stateserver/v1/maintenance.pb.h"

namespace stateserver::rpc {

// The plan in parts that fit into messages.
void SendRecords(const maintenance::ExpiredPlan& plan,
                 const std::function<void(const v1::ExpiredRecords&)>& send);

v1::ExpiredSummary ToSummary(const maintenance::ExpiredPlan& plan);

maintenance::ChangeOptions ChangeOptionsOf(const gateways::Gateway& gateway,
                                           const ServiceLimits& limits,
                                           const std::string& operation_id);

}  // namespace stateserver::rpc
