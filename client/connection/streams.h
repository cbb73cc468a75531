// SPDX-License-Identifier: Apache-2.0
//
// gRPC's streams behind the interfaces of client.h. Internal to connection/.
#pragma once

#include <memory>
#include <utility>

#include "client/connection/calls.h"
#include "client/connection/client.h"
#include "client/connection/status.h"
#include "grpcpp/support/sync_stream.h"
#include "stateserver/v1/revisions.grpc.pb.h"
#include "stateserver/v1/schema.grpc.pb.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::client {

template <typename Response>
class GrpcServerStream : public ServerStream<Response> {
 public:
  // `open` starts the call on the context it is given.
  template <typename Open>
  GrpcServerStream(Calls& calls, const Settings& settings, Open open)
      : calls_(calls), settings_(settings), call_(calls), reader_(open(call_.context())) {}

  ~GrpcServerStream() override {
    if (finished_) return;
    // gRPC wants every call finished, and an unread one only ends by force.
    Cancel();
    Response ignored;
    while (reader_->Read(&ignored)) {
    }
    reader_->Finish();
  }

  bool Read(Response* response) override {
    bool more = reader_->Read(response);
    heard_ = heard_ || more;
    return more;
  }

  absl::Status Finish() override {
    finished_ = true;
    return FromGrpcStatus(reader_->Finish(), settings_, {heard_, calls_.interrupted()});
  }

  void Cancel() override { call_.context()->TryCancel(); }

 private:
  Calls& calls_;
  const Settings& settings_;
  Call call_;
  std::unique_ptr<grpc::ClientReader<Response>> reader_;
  bool heard_ = false;
  bool finished_ = false;
};

template <typename Response, typename Open>
std::unique_ptr<ServerStream<Response>> OpenStream(Calls& calls, const Settings& settings,
                                                   Open open) {
  return std::make_unique<GrpcServerStream<Response>>(calls, settings, open);
}

std::unique_ptr<ImportStream> OpenImport(Calls& calls, const Settings& settings,
                                         pb::StateService::Stub& stub);
std::unique_ptr<UpgradeStream> OpenUpgrade(Calls& calls, const Settings& settings,
                                           pb::StateService::Stub& stub);

std::unique_ptr<DiffStream> OpenDiff(Calls& calls, const Settings& settings,
                                     pb::SchemaService::Stub& stub);
std::unique_ptr<GenerateStream> OpenGenerate(Calls& calls, const Settings& settings,
                                             pb::SchemaService::Stub& stub);

std::unique_ptr<AutogenerateStream> OpenAutogenerateStream(Calls& calls, const Settings& settings,
                                                           pb::RevisionService::Stub& stub);
std::unique_ptr<SchemaUpgradeStream> OpenSchemaUpgradeStream(Calls& calls, const Settings& settings,
                                                             pb::RevisionService::Stub& stub);
std::unique_ptr<SchemaDowngradeStream> OpenSchemaDowngradeStream(Calls& calls,
                                                                 const Settings& settings,
                                                                 pb::RevisionService::Stub& stub);
std::unique_ptr<RepairStream> OpenRepairStream(Calls& calls, const Settings& settings,
                                               pb::RevisionService::Stub& stub);

}  // namespace stateserver::client
