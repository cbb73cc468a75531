// Lists the environments of the default gateway: name and number of snapshots.
//   environments [HOST:PORT]
#include <chrono>
#include <iostream>
#include <thread>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace pb = stateserver::v1;

namespace {

constexpr int kAttempts = 10;

// UNAVAILABLE, and CANCELLED that nobody asked for, mean that nothing happened:
// docs/replicas.md, Retrying.
bool MayRetry(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::CANCELLED;
}

grpc::Status ListEnvironments(pb::StateService::Stub& stub,
                              pb::ListEnvironmentsResponse* response) {
  grpc::Status status;
  auto pause = std::chrono::milliseconds(200);
  for (int attempt = 0; attempt < kAttempts; ++attempt, pause *= 2) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    status = stub.ListEnvironments(&context, pb::ListEnvironmentsRequest(), response);
    if (!MayRetry(status)) return status;
    std::this_thread::sleep_for(pause);
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::string server = argc > 1 ? argv[1] : "127.0.0.1:7433";
  auto channel = grpc::CreateChannel(server, grpc::InsecureChannelCredentials());
  auto stub = pb::StateService::NewStub(channel);
  pb::ListEnvironmentsResponse response;
  grpc::Status status = ListEnvironments(*stub, &response);
  if (!status.ok()) {
    std::cerr << status.error_message() << '\n';
    return 1;
  }
  for (const pb::EnvironmentSummary& environment : response.environments()) {
    std::cout << environment.name() << '\t' << environment.snapshots() << '\n';
  }
  return 0;
}
