// SPDX-License-Identifier: Apache-2.0
//
// The methods RevisionService.Upgrade, Downgrade and Repair.
#pragma once

#include "server/rpc/call.h"
#include "server/rpc/service_context.h"
#include "stateserver/v1/revisions.grpc.pb.h"

namespace stateserver::rpc {

using UpgradeRunStream = grpc::ServerReaderWriter<v1::UpgradeResponse, v1::UpgradeRequest>;
using DowngradeRunStream = grpc::ServerReaderWriter<v1::DowngradeResponse, v1::DowngradeRequest>;
using RepairRunStream = grpc::ServerReaderWriter<v1::RepairResponse, v1::RepairRequest>;

absl::Status ServeUpgrade(const ServiceContext& context, UpgradeRunStream* stream,
                          CallContext& call, CallNotes& notes);
absl::Status ServeDowngrade(const ServiceContext& context, DowngradeRunStream* stream,
                            CallContext& call, CallNotes& notes);
absl::Status ServeRepair(const ServiceContext& context, RepairRunStream* stream, CallContext& call,
                         CallNotes& notes);

}  // namespace stateserver::rpc
