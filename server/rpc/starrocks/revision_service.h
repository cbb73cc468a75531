// SPDX-License-Identifier: Apache-2.0
//
// The service stateserver.v1.RevisionService.
#pragma once

#include "server/rpc/service_context.h"
#include "stateserver/v1/revisions.grpc.pb.h"

namespace stateserver::rpc {

// RevisionServiceImpl converts between messages and the core; it contains no rules. The objects
// that the context refers to must outlive it. Thread-safe.
class RevisionServiceImpl final : public v1::RevisionService::Service {
 public:
  explicit RevisionServiceImpl(const ServiceContext& context) : context_(context) {}

  grpc::Status Autogenerate(
      grpc::ServerContext* call,
      grpc::ServerReaderWriter<v1::AutogenerateResponse, v1::AutogenerateRequest>* stream) override;
  grpc::Status Upgrade(
      grpc::ServerContext* call,
      grpc::ServerReaderWriter<v1::UpgradeResponse, v1::UpgradeRequest>* stream) override;
  grpc::Status Downgrade(
      grpc::ServerContext* call,
      grpc::ServerReaderWriter<v1::DowngradeResponse, v1::DowngradeRequest>* stream) override;
  grpc::Status Repair(
      grpc::ServerContext* call,
      grpc::ServerReaderWriter<v1::RepairResponse, v1::RepairRequest>* stream) override;
  grpc::Status Stamp(grpc::ServerContext* call, grpc::ServerReader<v1::StampRequest>* reader,
                     v1::StampResponse* response) override;
  grpc::Status GetStatus(grpc::ServerContext* call, const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;
  grpc::Status ListAppliedRevisions(grpc::ServerContext* call,
                                    const v1::ListAppliedRevisionsRequest* request,
                                    v1::ListAppliedRevisionsResponse* response) override;
  grpc::Status ListRuns(grpc::ServerContext* call, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override;
  grpc::Status ListRunStatements(grpc::ServerContext* call,
                                 const v1::ListRunStatementsRequest* request,
                                 v1::ListRunStatementsResponse* response) override;
  grpc::Status CheckDrift(grpc::ServerContext* call, const v1::CheckDriftRequest* request,
                          grpc::ServerWriter<v1::CheckDriftResponse>* writer) override;

 private:
  const ServiceContext context_;
};

}  // namespace stateserver::rpc
