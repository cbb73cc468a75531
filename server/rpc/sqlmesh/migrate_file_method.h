// SPDX-License-Identifier: Apache-2.0
//
// The method StateService.MigrateStateFile.
#pragma once

#include "server/rpc/call.h"
#include "server/rpc/service_context.h"
#include "server/rpc/slots.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::rpc {

using MigrateFileStream =
    grpc::ServerReaderWriter<v1::MigrateStateFileResponse, v1::MigrateStateFileRequest>;

// Serves one call, within a slot of `imports`.
absl::Status ServeMigrateStateFile(const ServiceContext& context, Slots& imports,
                                   MigrateFileStream* stream, CallContext& call, CallNotes& notes);

}  // namespace stateserver::rpc
