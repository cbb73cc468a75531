// What has expired, as messages.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "grpcpp/support/sync_stream.h"
#include "server/maintenance/change.h"
#include "server/maintenance/expired_plan.h"
#include "server/rpc/service_context.h"
#include "stateserver/v1/maintenance.pb.h"

namespace stateserver::rpc {

// The plan in parts that fit into messages.
void SendRecords(const maintenance::ExpiredPlan& plan,
                 const std::function<void(const v1::ExpiredRecords&)>& send);

v1::ExpiredSummary ToSummary(const maintenance::ExpiredPlan& plan);

maintenance::ChangeOptions ChangeOptionsOf(const gateways::Gateway& gateway,
                                           const ServiceLimits& limits,
                                           const std::string& operation_id);

// A callback that writes progress messages.
template <typename Response>
auto ProgressTo(grpc::ServerWriter<Response>* writer) {
  return [writer](std::string_view step, int64_t done, int64_t total) {
    Response response;
    response.mutable_progress()->set_step(std::string(step));
    response.mutable_progress()->set_done(done);
    response.mutable_progress()->set_total(total);
    writer->Write(response);
  };
}

}  // namespace stateserver::rpc
