// SPDX-License-Identifier: Apache-2.0

#include "server/app/application.h"

#include <thread>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/support/postgres_cluster.h"
#include "tests/unit/server/app/test_wiring.h"

namespace stateserver::app {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

config::Gateway StateGateway(const std::string& name, const std::string& database) {
  const auto& cluster = stateserver::testing::PostgresCluster::Shared();
  config::StateConnection connection;
  connection.host = "127.0.0.1";
  connection.port = std::to_string(cluster.port());
  connection.user = "postgres";
  connection.password.value = cluster.password();
  connection.database = database;
  config::Gateway gateway;
  gateway.name = name;
  gateway.state = connection;
  return gateway;
}

class ApplicationTest : public ::testing::Test {
 protected:
  ApplicationTest() {
    config_.listen = "127.0.0.1:0";
    config_.metrics_listen = "";
    config_.log.level = "error";
    config_.limits.shutdown_grace = absl::Seconds(20);
    config_.gateways = {StateGateway("prod", "postgres")};
    config_.default_gateway = "prod";
  }

  void Start() {
    auto application = Application::Start(config_, TestWiring());
    ASSERT_TRUE(application.ok()) << application.status();
    application_ = *std::move(application);
    std::string line = application_->ReadyLine();
    std::string begin = "listening on ";
    size_t at = line.find(begin) + begin.size();
    channel_ = grpc::CreateChannel(line.substr(at, line.find(',') - at),
                                   grpc::InsecureChannelCredentials());
    stub_ = v1::StateService::NewStub(channel_);
  }

  grpc::Status GetVersions(const std::string& gateway, v1::GetVersionsResponse* response) {
    grpc::ClientContext context;
    v1::GetVersionsRequest request;
    request.set_gateway(gateway);
    return stub_->GetVersions(&context, request, response);
  }

  std::string DatabaseOf(const std::string& gateway) {
    v1::GetVersionsResponse response;
    grpc::Status status = GetVersions(gateway, &response);
    return status.ok() ? response.database() : status.error_message();
  }

  std::string Health(const std::string& service) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    grpc::Status status =
        grpc::health::v1::Health::NewStub(channel_)->Check(&context, request, &response);
    if (!status.ok()) return status.error_message();
    return grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status());
  }

  // A call that runs for `milliseconds`; begun when this returns.
  std::unique_ptr<grpc::ClientReader<v1::MigrateResponse>> BeginMigrate(
      grpc::ClientContext* context, int milliseconds) {
    v1::MigrateRequest request;
    request.set_operation_id(std::to_string(milliseconds));
    auto reader = stub_->Migrate(context, request);
    v1::MigrateResponse begun;
    EXPECT_TRUE(reader->Read(&begun));
    return reader;
  }

  std::unique_ptr<grpc::ClientReader<v1::ExportResponse>> BeginExport(
      grpc::ClientContext* context) {
    auto reader = stub_->Export(context, v1::ExportRequest());
    v1::ExportResponse begun;
    EXPECT_TRUE(reader->Read(&begun));
    return reader;
  }

  config::Config config_;
  std::unique_ptr<Application> application_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::StateService::Stub> stub_;
};

TEST_F(ApplicationTest, ServesItsGateways) {
  config_.metrics_listen = "127.0.0.1:0";
  Start();
  EXPECT_THAT(application_->ReadyLine(),
              MatchesRegex("stateserver [0-9.]+ listening on 127.0.0.1:[0-9]+, "
                           "metrics on 127.0.0.1:[0-9]+, gateways: prod .default."));
  EXPECT_EQ(DatabaseOf(""), "postgres");
  EXPECT_EQ(DatabaseOf("prod"), "postgres");
  EXPECT_THAT(DatabaseOf("x"), HasSubstr("No gateway named 'x'"));
  EXPECT_EQ(Health(""), "SERVING");
  EXPECT_EQ(Health("gateway/prod"), "SERVING");
}

TEST_F(ApplicationTest, AGatewayWhoseDatabaseIsDownDoesNotKeepItFromStarting) {
  config_.gateways.push_back(StateGateway("down", "no_such_database"));
  Start();
  EXPECT_EQ(DatabaseOf("prod"), "postgres");
  EXPECT_THAT(DatabaseOf("down"), HasSubstr("no_such_database"));
  EXPECT_TRUE(Eventually([&] { return Health("gateway/prod") == "SERVING"; }));
  EXPECT_EQ(Health("gateway/down"), "NOT_SERVING");
  EXPECT_EQ(Health(""), "SERVING");
}

TEST_F(ApplicationTest, StopLetsRunningCallsEnd) {
  Start();
  grpc::ClientContext context;
  auto migrate = BeginMigrate(&context, 300);
  std::thread stop([&] { application_->Stop(); });
  EXPECT_TRUE(Eventually([&] { return Health("") == "NOT_SERVING"; }));
  EXPECT_THAT(DatabaseOf("prod"), HasSubstr("shutting down"));
  EXPECT_TRUE(migrate->Finish().ok());
  stop.join();
}

TEST_F(ApplicationTest, StopCancelsCallsThatOutlastTheGrace) {
  config_.limits.shutdown_grace = absl::Milliseconds(100);
  Start();
  grpc::ClientContext context;
  auto reader = BeginExport(&context);
  absl::Time start = absl::Now();
  application_->Stop();
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(100));
  grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("shutting down"));
}

TEST_F(ApplicationTest, ForceEndsTheGrace) {
  config_.limits.shutdown_grace = absl::Minutes(10);
  Start();
  grpc::ClientContext context;
  auto reader = BeginExport(&context);
  std::thread stop([&] { application_->Stop(); });
  EXPECT_TRUE(Eventually([&] { return Health("") == "NOT_SERVING"; }));
  application_->Force();
  stop.join();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ApplicationTest, ReloadTakesOverGatewaysAndLimits) {
  Start();
  std::string other = stateserver::testing::PostgresCluster::Shared().CreateDatabase();
  grpc::ClientContext context;
  auto running = BeginMigrate(&context, 300);

  config_.gateways = {StateGateway("dev", other), StateGateway("extra", "postgres")};
  config_.default_gateway = "dev";
  config_.limits.lock_timeout = absl::Seconds(77);
  application_->Reload(config_);

  v1::GetVersionsResponse response;
  ASSERT_TRUE(GetVersions("", &response).ok());
  EXPECT_EQ(response.gateway(), "dev");
  EXPECT_EQ(response.database(), other);
  EXPECT_EQ(response.server_version(), "1m17s");
  EXPECT_THAT(DatabaseOf("prod"), HasSubstr("No gateway named 'prod'"));
  EXPECT_EQ(Health("gateway/prod"), "NOT_SERVING");
  EXPECT_TRUE(Eventually([&] { return Health("gateway/extra") == "SERVING"; }));
  EXPECT_TRUE(running->Finish().ok());
}

TEST_F(ApplicationTest, ABadReloadLeavesAllAsItWas) {
  Start();
  application_->Reload(Error(Reason::ARGUMENT_INVALID, "stateserver.yaml:3: gateways: wrong"));
  EXPECT_EQ(DatabaseOf(""), "postgres");
  config::StateConnection broken;
  broken.type = config::StateConnection::Type::kEmbedded;
  broken.path = "/dev/null/cluster";
  config_.gateways[0].state = broken;
  application_->Reload(config_);
  EXPECT_EQ(DatabaseOf(""), "postgres");
}

TEST_F(ApplicationTest, RefusesToStartWithoutTheTokensItWasToCheck) {
  config_.auth.enabled = true;
  config_.auth.tokens_file = "/nowhere/tokens.yaml";
  absl::Status status = Application::Start(config_, TestWiring()).status();
  EXPECT_EQ(ReasonOf(status), Reason::ARGUMENT_INVALID);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/tokens.yaml: cannot be read"));
}

TEST_F(ApplicationTest, SaysThatItsAddressIsTaken) {
  Start();
  std::string line = application_->ReadyLine();
  size_t at = line.find("127.0.0.1:");
  config_.listen = line.substr(at, line.find(',') - at);
  absl::Status status = Application::Start(config_, TestWiring()).status();
  EXPECT_EQ(status.message(), "Cannot listen on " + config_.listen + ": Address already in use.");
}

}  // namespace
}  // namespace stateserver::app
