// SPDX-License-Identifier: Apache-2.0
//
// The method StateService.UpgradeStateFile.
#pragma once

#include "server/rpc/call.h"
#include "server/rpc/service_context.h"
#include "server/rpc/slots.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::rpc {

using UpgradeStream =
    grpc::ServerReaderWriter<v1::UpgradeStateFileResponse, v1::UpgradeStateFileRequest>;

// Serves one call, within a slot of `imports`.
absl::Status ServeUpgradeStateFile(const ServiceContext& context, Slots& imports,
                                   UpgradeStream* stream, CallContext& call, CallNotes& notes);

}  // namespace stateserver::rpc
