// SPDX-License-Identifier: Apache-2.0
//
// The service stateserver.v1.MaintenanceService.
#pragma once

#include "server/rpc/service_context.h"
#include "stateserver/v1/maintenance.grpc.pb.h"

namespace stateserver::rpc {

// MaintenanceServiceImpl converts between messages and the core; it contains no rules. The objects
// that the context refers to must outlive it. Thread-safe.
class MaintenanceServiceImpl final : public v1::MaintenanceService::Service {
 public:
  explicit MaintenanceServiceImpl(const ServiceContext& context) : context_(context) {}

  grpc::Status Compact(grpc::ServerContext* call, const v1::CompactRequest* request,
                       grpc::ServerWriter<v1::CompactResponse>* writer) override;
  grpc::Status FindExpired(grpc::ServerContext* call, const v1::FindExpiredRequest* request,
                           grpc::ServerWriter<v1::FindExpiredResponse>* writer) override;
  grpc::Status DeleteExpired(grpc::ServerContext* call, const v1::DeleteExpiredRequest* request,
                             grpc::ServerWriter<v1::DeleteExpiredResponse>* writer) override;
  grpc::Status Check(grpc::ServerContext* call, const v1::CheckRequest* request,
                     grpc::ServerWriter<v1::CheckResponse>* writer) override;

 private:
  const ServiceContext context_;
};

}  // namespace stateserver::rpc
