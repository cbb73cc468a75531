// SPDX-License-Identifier: Apache-2.0
//
// The service stateserver.v1.SchemaService.
#pragma once

#include "server/rpc/service_context.h"
#include "stateserver/v1/schema.grpc.pb.h"

namespace stateserver::rpc {

// SchemaServiceImpl converts between messages and the core; it contains no rules. The objects that
// the context refers to must outlive it. Thread-safe.
class SchemaServiceImpl final : public v1::SchemaService::Service {
 public:
  explicit SchemaServiceImpl(const ServiceContext& context) : context_(context) {}

  grpc::Status Parse(
      grpc::ServerContext* call,
      grpc::ServerReaderWriter<v1::ParseResponse, v1::ParseRequest>* stream) override;
  grpc::Status Inspect(grpc::ServerContext* call, const v1::InspectRequest* request,
                       grpc::ServerWriter<v1::InspectResponse>* writer) override;
  grpc::Status Diff(grpc::ServerContext* call,
                    grpc::ServerReaderWriter<v1::DiffResponse, v1::DiffRequest>* stream) override;
  grpc::Status Generate(
      grpc::ServerContext* call,
      grpc::ServerReaderWriter<v1::GenerateResponse, v1::GenerateRequest>* stream) override;

 private:
  const ServiceContext context_;
};

}  // namespace stateserver::rpc
