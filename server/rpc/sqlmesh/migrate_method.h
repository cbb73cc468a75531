// SPDX-License-Identifier: Apache-2.0
//
// The methods StateService.Migrate and StateService.Rollback.
#pragma once

#include "server/rpc/call.h"
#include "server/rpc/service_context.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::rpc {

absl::Status ServeMigrate(const ServiceContext& context, const v1::MigrateRequest& request,
                          grpc::ServerWriter<v1::MigrateResponse>* writer, CallContext& call,
                          CallNotes& notes);
absl::Status ServeRollback(const ServiceContext& context, const v1::RollbackRequest& request,
                           grpc::ServerWriter<v1::RollbackResponse>* writer, CallContext& call,
                           CallNotes& notes);

}  // namespace stateserver::rpc
