// SPDX-License-Identifier: Apache-2.0
//
// The method RevisionService.Autogenerate.
#pragma once

#include "server/rpc/call.h"
#include "server/rpc/service_context.h"
#include "stateserver/v1/revisions.grpc.pb.h"

namespace stateserver::rpc {

using AutogenerateStream =
    grpc::ServerReaderWriter<v1::AutogenerateResponse, v1::AutogenerateRequest>;

absl::Status ServeAutogenerate(const ServiceContext& context, AutogenerateStream* stream,
                               CallContext& call, CallNotes& notes);

}  // namespace stateserver::rpc
