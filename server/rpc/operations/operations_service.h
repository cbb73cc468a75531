// SPDX-License-Identifier: Apache-2.0
//
// The service stateserver.v1.OperationsService.
#pragma once

#include "server/rpc/service_context.h"
#include "stateserver/v1/operations.grpc.pb.h"

namespace stateserver::rpc {

// OperationsServiceImpl converts between messages and the core; it contains no rules. The objects
// that the context refers to must outlive it. Thread-safe.
class OperationsServiceImpl final : public v1::OperationsService::Service {
 public:
  explicit OperationsServiceImpl(const ServiceContext& context) : context_(context) {}

  grpc::Status GetOperation(grpc::ServerContext* call, const v1::GetOperationRequest* request,
                            v1::GetOperationResponse* response) override;
  grpc::Status WaitOperation(grpc::ServerContext* call, const v1::WaitOperationRequest* request,
                             v1::WaitOperationResponse* response) override;
  grpc::Status CancelOperation(grpc::ServerContext* call, const v1::CancelOperationRequest* request,
                               v1::CancelOperationResponse* response) override;
  grpc::Status ListOperations(grpc::ServerContext* call, const v1::ListOperationsRequest* request,
                              v1::ListOperationsResponse* response) override;
  grpc::Status ListAudit(grpc::ServerContext* call, const v1::ListAuditRequest* request,
                         v1::ListAuditResponse* response) override;
  grpc::Status ListRunning(grpc::ServerContext* call, const v1::ListRunningRequest* request,
                           v1::ListRunningResponse* response) override;
  grpc::Status ListRestorePoints(grpc::ServerContext* call,
                                 const v1::ListRestorePointsRequest* request,
                                 v1::ListRestorePointsResponse* response) override;
  grpc::Status Restore(grpc::ServerContext* call, const v1::RestoreRequest* request,
                       grpc::ServerWriter<v1::RestoreResponse>* writer) override;

 private:
  const ServiceContext context_;
};

}  // namespace stateserver::rpc
