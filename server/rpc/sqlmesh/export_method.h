// SPDX-License-Identifier: Apache-2.0
//
// The method StateService.Export.
#pragma once

#include "server/rpc/call.h"
#include "server/rpc/service_context.h"
#include "server/rpc/slots.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::rpc {

// Serves one call, within a slot of `exports`.
absl::Status ServeExport(const ServiceContext& context, Slots& exports,
                         const v1::ExportRequest& request,
                         grpc::ServerWriter<v1::ExportResponse>* writer, CallContext& call,
                         CallNotes& notes);

}  // namespace stateserver::rpc
