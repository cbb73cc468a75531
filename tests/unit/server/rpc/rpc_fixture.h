// SPDX-License-Identifier: Apache-2.0
//
// A real server on the loopback with a service whose methods a test chooses.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/rpc/call.h"
#include "server/rpc/server.h"
#include "spdlog/sinks/base_sink.h"
#include "stateserver/v1/state.grpc.pb.h"
#include "tests/support/handover.h"

namespace stateserver::rpc {

// True once `condition` holds; false after ten seconds.
inline bool Eventually(const std::function<bool()>& condition) {
  absl::Time limit = absl::Now() + absl::Seconds(10);
  while (absl::Now() < limit) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return condition();
}

// Keeps log lines. Thread-safe.
class LogCapture final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::string> lines() {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}

  std::vector<std::string> lines_;
};

// GetVersions and Export run what the test set.
class TestService final : public v1::StateService::Service {
 public:
  explicit TestService(const RpcEnvironment& environment) : environment_(environment) {}

  grpc::Status GetVersions(grpc::ServerContext* context, const v1::GetVersionsRequest* request,
                           v1::GetVersionsResponse* response) override {
    response->set_server_version("test");
    Handover handover;
    return RunCall(context, "GetVersions", environment_, *request, get_versions);
  }

  grpc::Status Export(grpc::ServerContext* context, const v1::ExportRequest*,
                      grpc::ServerWriter<v1::ExportResponse>*) override {
    Handover handover;
    return RunCall(context, "Export", environment_, export_body);
  }

  CallBody get_versions = [](CallContext&, CallNotes&) { return absl::OkStatus(); };
  CallBody export_body = [](CallContext&, CallNotes&) { return absl::OkStatus(); };

 private:
  const RpcEnvironment& environment_;
};

class RpcTest : public testing::Test {
 protected:
  void StartServer(ServerOptions options = {}) {
    if (options.listen.empty()) options.listen = "127.0.0.1:0";
    std::vector<grpc::Service*> services = {&service_};
    for (const auto& service : reflection_) services.push_back(service.get());
    auto server = Server::Start(options, services, surroundings_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::shared_ptr<grpc::Channel> Channel() {
    return grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
  }

  // One GetVersions over a channel of its own unless one is given.
  grpc::Status Call(grpc::ClientContext* context = nullptr,
                    std::shared_ptr<grpc::Channel> channel = nullptr) {
    Handover handover;
    grpc::ClientContext fresh;
    v1::GetVersionsResponse response;
    auto stub = v1::StateService::NewStub(channel == nullptr ? Channel() : channel);
    return stub->GetVersions(context == nullptr ? &fresh : context, v1::GetVersionsRequest(),
                             &response);
  }

  // SERVING, NOT_SERVING, or the error's code.
  std::string Health(const std::string& service, std::shared_ptr<grpc::Channel> channel = nullptr) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    auto stub = grpc::health::v1::Health::NewStub(channel == nullptr ? Channel() : channel);
    grpc::Status status = stub->Check(&context, request, &response);
    if (!status.ok()) return std::to_string(status.error_code());
    return grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status());
  }

  std::vector<std::string> LogLines() { return log_->lines(); }

  std::shared_ptr<LogCapture> log_ = std::make_shared<LogCapture>();
  telemetry::Logger logger_{telemetry::LogFormat::kJson, telemetry::LogLevel::kInfo, log_};
  telemetry::Metrics metrics_{"1", "c"};
  Drain drain_;
  // Lets everybody in, unless a test changes it.
  std::shared_ptr<auth::Authenticator> authenticator_ =
      *auth::Authenticator::Open(config::Auth(), metrics_, logger_);
  std::atomic<int> stream_idle_ms_ = 60'000;
  StallWatch stalls_{[this] { return absl::Milliseconds(stream_idle_ms_.load()); }};
  absl::Duration max_call_time_ = absl::Hours(1);
  absl::Duration read_timeout_ = absl::Minutes(1);
  absl::Duration slow_call_ = absl::ZeroDuration();
  RunningCalls running_;
  transport::ConnectionTable connections_{transport::ConnectionLimits()};
  Slots calls_{"calls", "address"};
  SlotLimits call_limits_{200, 128, 64};
  telemetry::LimitedLog refused_log_{logger_, metrics_};
  ServerSurroundings surroundings_{connections_, metrics_, refused_log_};
  operations::RefusalLimit refusals_;
  RpcEnvironment environment_{metrics_,
                              logger_,
                              drain_,
                              [this] { return authenticator_; },
                              stalls_,
                              [this] { return max_call_time_; },
                              [this] { return read_timeout_; },
                              [this] { return slow_call_; },
                              running_,
                              connections_,
                              calls_,
                              [this] { return call_limits_; },
                              refused_log_,
                              refusals_};
  TestService service_{environment_};
  // None, unless a test makes them.
  std::vector<std::unique_ptr<grpc::Service>> reflection_;
  std::unique_ptr<Server> server_;  // last: its calls use the others
};

inline google::rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details())) return info;
  for (const auto& detail : details.details()) {
    if (detail.UnpackTo(&info)) return info;
  }
  return info;
}

}  // namespace stateserver::rpc
