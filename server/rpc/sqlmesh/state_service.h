// SPDX-License-Identifier: Apache-2.0
//
// The service stateserver.v1.StateService.
#pragma once

#include "server/rpc/service_context.h"
#include "server/rpc/slots.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::rpc {

// StateServiceImpl converts between messages and the core; it contains no rules. The objects that
// the context refers to must outlive it. Thread-safe.
class StateServiceImpl final : public v1::StateService::Service {
 public:
  explicit StateServiceImpl(const ServiceContext& context) : context_(context) {}

  grpc::Status Export(grpc::ServerContext* call, const v1::ExportRequest* request,
                      grpc::ServerWriter<v1::ExportResponse>* writer) override;
  grpc::Status Import(
      grpc::ServerContext* call,
      grpc::ServerReaderWriter<v1::ImportResponse, v1::ImportRequest>* stream) override;
  grpc::Status Migrate(grpc::ServerContext* call, const v1::MigrateRequest* request,
                       grpc::ServerWriter<v1::MigrateResponse>* writer) override;
  grpc::Status Rollback(grpc::ServerContext* call, const v1::RollbackRequest* request,
                        grpc::ServerWriter<v1::RollbackResponse>* writer) override;

  grpc::Status MigrateStateFile(
      grpc::ServerContext* call,
      grpc::ServerReaderWriter<v1::MigrateStateFileResponse, v1::MigrateStateFileRequest>* stream)
      override;

  grpc::Status ListGateways(grpc::ServerContext* call, const v1::ListGatewaysRequest* request,
                            v1::ListGatewaysResponse* response) override;
  grpc::Status Diagnose(grpc::ServerContext* call, const v1::DiagnoseRequest* request,
                        v1::DiagnoseResponse* response) override;
  grpc::Status GetVersions(grpc::ServerContext* call, const v1::GetVersionsRequest* request,
                           v1::GetVersionsResponse* response) override;
  grpc::Status ListEnvironments(grpc::ServerContext* call,
                                const v1::ListEnvironmentsRequest* request,
                                v1::ListEnvironmentsResponse* response) override;
  grpc::Status GetEnvironment(grpc::ServerContext* call, const v1::GetEnvironmentRequest* request,
                              v1::GetEnvironmentResponse* response) override;
  grpc::Status ListEnvironmentSnapshots(grpc::ServerContext* call,
                                        const v1::ListEnvironmentSnapshotsRequest* request,
                                        v1::ListEnvironmentSnapshotsResponse* response) override;
  grpc::Status ListSnapshots(grpc::ServerContext* call, const v1::ListSnapshotsRequest* request,
                             v1::ListSnapshotsResponse* response) override;
  grpc::Status GetSnapshot(grpc::ServerContext* call, const v1::GetSnapshotRequest* request,
                           v1::GetSnapshotResponse* response) override;
  grpc::Status DiffEnvironments(grpc::ServerContext* call,
                                const v1::DiffEnvironmentsRequest* request,
                                v1::DiffEnvironmentsResponse* response) override;
  grpc::Status GetStats(grpc::ServerContext* call, const v1::GetStatsRequest* request,
                        v1::GetStatsResponse* response) override;

 private:
  const ServiceContext context_;
  Slots imports_{"imports"};  // and migrations of state files
  Slots exports_{"exports"};
};

}  // namespace stateserver::rpc
