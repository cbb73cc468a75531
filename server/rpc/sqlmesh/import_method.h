// SPDX-License-Identifier: Apache-2.0
//
// The method StateService.Import.
#pragma once

#include "server/rpc/call.h"
#include "server/rpc/service_context.h"
#include "server/rpc/slots.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::rpc {

using ImportStream = grpc::ServerReaderWriter<v1::ImportResponse, v1::ImportRequest>;

// Serves one call, within a slot of `imports`.
absl::Status ServeImport(const ServiceContext& context, Slots& imports, ImportStream* stream,
                         CallContext& call, CallNotes& notes);

}  // namespace stateserver::rpc
