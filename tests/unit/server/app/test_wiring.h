// SPDX-License-Identifier: Apache-2.0
//
// A server whose services need no state tables.
#pragma once

#include <functional>

#include "absl/time/clock.h"
#include "common/error.h"
#include "server/app/application.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::app {

inline bool Eventually(const std::function<bool()>& condition) {
  absl::Time limit = absl::Now() + absl::Seconds(20);
  while (absl::Now() < limit) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return condition();
}

// GetVersions asks the gateway's database for its name; Export lasts until it
// is cancelled, Migrate for the milliseconds its operation_id says.
class ProbeService final : public v1::StateService::Service {
 public:
  explicit ProbeService(const rpc::ServiceContext& context) : context_(context) {}

  grpc::Status GetVersions(grpc::ServerContext* call, const v1::GetVersionsRequest* request,
                           v1::GetVersionsResponse* response) override {
    return rpc::RunCall(call, "GetVersions", context_.rpc,
                        [&](CallContext& context, rpc::CallNotes&) {
                          return ReadDatabase(context, *request, response);
                        });
  }

  grpc::Status Export(grpc::ServerContext* call, const v1::ExportRequest*,
                      grpc::ServerWriter<v1::ExportResponse>* writer) override {
    return rpc::RunCall(call, "Export", context_.rpc, [&](CallContext& context, rpc::CallNotes&) {
      writer->Write(v1::ExportResponse());
      while (context.Check().ok()) absl::SleepFor(absl::Milliseconds(2));
      return context.Check();
    });
  }

  grpc::Status Migrate(grpc::ServerContext* call, const v1::MigrateRequest* request,
                       grpc::ServerWriter<v1::MigrateResponse>* writer) override {
    return rpc::RunCall(call, "Migrate", context_.rpc, [&](CallContext& context, rpc::CallNotes&) {
      writer->Write(v1::MigrateResponse());
      absl::SleepFor(absl::Milliseconds(std::stoi(request->operation_id())));
      return context.Check();
    });
  }

 private:
  absl::Status ReadDatabase(const CallContext& call, const v1::GetVersionsRequest& request,
                            v1::GetVersionsResponse* response) {
    ASSIGN_OR_RETURN(auto gateway, context_.gateways.FindState(request.gateway()));
    ASSIGN_OR_RETURN(auto session, gateway->pool->Acquire(call));
    ASSIGN_OR_RETURN(auto result, session->Query("SELECT current_database()"));
    response->set_gateway(gateway->name);
    response->set_database(std::string(result.Text(0, 0)));
    response->set_server_version(absl::FormatDuration(context_.limits().lock_timeout));
    return absl::OkStatus();
  }

  const rpc::ServiceContext context_;
};

inline Wiring TestWiring() {
  Wiring wiring;
  wiring.services = [](const rpc::ServiceContext& context) {
    Wiring::Services services;
    services.push_back(std::make_unique<ProbeService>(context));
    return services;
  };
  wiring.state_gauges = [](const gateways::Gateway&, const CallContext&) {
    telemetry::StateGauges gauges;
    gauges.snapshots = 77;
    return absl::StatusOr<telemetry::StateGauges>(gauges);
  };
  return wiring;
}

}  // namespace stateserver::app
