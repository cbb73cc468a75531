// SPDX-License-Identifier: Apache-2.0

#include "client/connection/client.h"

#include <utility>

#include "client/connection/calls.h"
#include "client/connection/channel.h"
#include "common/error.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "stateserver/v1/maintenance.grpc.pb.h"
#include "stateserver/v1/operations.grpc.pb.h"
#include "stateserver/v1/revisions.grpc.pb.h"
#include "stateserver/v1/schema.grpc.pb.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::client {

struct Client::State {
  explicit State(const Settings& s) : settings(s), calls(settings) {}

  Settings settings;
  Calls calls;
  std::unique_ptr<pb::StateService::Stub> state;
  std::unique_ptr<pb::OperationsService::Stub> operations;
  std::unique_ptr<pb::MaintenanceService::Stub> maintenance;
  std::unique_ptr<pb::SchemaService::Stub> schema;
  std::unique_ptr<pb::RevisionService::Stub> revisions;
  std::unique_ptr<grpc::health::v1::Health::Stub> health;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Make(const Settings& settings) {
  ASSIGN_OR_RETURN(auto channel, MakeChannel(settings));
  auto state = std::make_unique<State>(settings);
  state->state = pb::StateService::NewStub(channel);
  state->operations = pb::OperationsService::NewStub(channel);
  state->maintenance = pb::MaintenanceService::NewStub(channel);
  state->schema = pb::SchemaService::NewStub(channel);
  state->revisions = pb::RevisionService::NewStub(channel);
  state->health = grpc::health::v1::Health::NewStub(channel);
  return std::unique_ptr<Client>(new Client(std::move(state)));
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() = default;

#define X(service, Name)                                                                 \
  absl::StatusOr<pb::Name##Response> Client::Name(const pb::Name##Request& request) {    \
    Call call(state_->calls);                                                            \
    pb::Name##Response response;                                                         \
    grpc::Status status = state_->service->Name(call.context(), request, &response);     \
    RETURN_IF_ERROR(                                                                     \
        FromGrpcStatus(status, state_->settings, {false, state_->calls.interrupted()})); \
    return response;                                                                     \
  }
STATECLIENT_UNARY_CALLS(X)
#undef X

absl::StatusOr<pb::GetOperationResponse> Client::TryGetOperation(
    const pb::GetOperationRequest& request, std::chrono::milliseconds limit) {
  Call call(state_->calls);
  call.context()->set_wait_for_ready(true);
  call.context()->set_deadline(std::chrono::system_clock::now() + limit);
  pb::GetOperationResponse response;
  grpc::Status status = state_->operations->GetOperation(call.context(), request, &response);
  RETURN_IF_ERROR(FromGrpcStatus(status, state_->settings, {true, state_->calls.interrupted()}));
  return response;
}

std::string_view HealthName(Health health) {
  switch (health) {
    case Health::kServing:
      return "SERVING";
    case Health::kNotServing:
      return "NOT_SERVING";
    case Health::kUnknown:
      break;
  }
  return "SERVICE_UNKNOWN";
}

absl::StatusOr<Health> Client::CheckHealth(const std::string& service) {
  Call call(state_->calls);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  grpc::health::v1::HealthCheckResponse response;
  grpc::Status status = state_->health->Check(call.context(), request, &response);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return Health::kUnknown;
  RETURN_IF_ERROR(FromGrpcStatus(status, state_->settings, {false, state_->calls.interrupted()}));
  return response.status() == grpc::health::v1::HealthCheckResponse::SERVING ? Health::kServing
                                                                             : Health::kNotServing;
}

std::unique_ptr<ServerStream<pb::ExportResponse>> Client::Export(const pb::ExportRequest& request) {
  return OpenStream<pb::ExportResponse>(
      state_->calls, state_->settings,
      [&](grpc::ClientContext* context) { return state_->state->Export(context, request); });
}

std::unique_ptr<ImportStream> Client::Import() {
  return OpenImport(state_->calls, state_->settings, *state_->state);
}

std::unique_ptr<UpgradeStream> Client::MigrateStateFile() {
  return OpenUpgrade(state_->calls, state_->settings, *state_->state);
}

std::unique_ptr<ServerStream<pb::MigrateResponse>> Client::Migrate(
    const pb::MigrateRequest& request) {
  return OpenStream<pb::MigrateResponse>(
      state_->calls, state_->settings,
      [&](grpc::ClientContext* context) { return state_->state->Migrate(context, request); });
}

std::unique_ptr<ServerStream<pb::RollbackResponse>> Client::Rollback(
    const pb::RollbackRequest& request) {
  return OpenStream<pb::RollbackResponse>(
      state_->calls, state_->settings,
      [&](grpc::ClientContext* context) { return state_->state->Rollback(context, request); });
}

std::unique_ptr<ServerStream<pb::RestoreResponse>> Client::Restore(
    const pb::RestoreRequest& request) {
  return OpenStream<pb::RestoreResponse>(
      state_->calls, state_->settings,
      [&](grpc::ClientContext* context) { return state_->operations->Restore(context, request); });
}

#define X(Name)                                                                                 \
  std::unique_ptr<ServerStream<pb::Name##Response>> Client::Name(                               \
      const pb::Name##Request& request) {                                                       \
    return OpenStream<pb::Name##Response>(state_->calls, state_->settings,                      \
                                          [&](grpc::ClientContext* context) {                   \
                                            return state_->maintenance->Name(context, request); \
                                          });                                                   \
  }
X(Compact)
X(FindExpired)
X(DeleteExpired)
X(Check)
#undef X

std::unique_ptr<ServerStream<pb::InspectResponse>> Client::Inspect(
    const pb::InspectRequest& request) {
  return OpenStream<pb::InspectResponse>(
      state_->calls, state_->settings,
      [&](grpc::ClientContext* context) { return state_->schema->Inspect(context, request); });
}

std::unique_ptr<DiffStream> Client::Diff() {
  return OpenDiff(state_->calls, state_->settings, *state_->schema);
}

std::unique_ptr<GenerateStream> Client::Generate() {
  return OpenGenerate(state_->calls, state_->settings, *state_->schema);
}

#define X(Name, Stream)                                                       \
  std::unique_ptr<Stream> Client::Name() {                                    \
    return Open##Stream(state_->calls, state_->settings, *state_->revisions); \
  }
X(Autogenerate, AutogenerateStream)
X(Upgrade, SchemaUpgradeStream)
X(Downgrade, SchemaDowngradeStream)
X(Repair, RepairStream)
#undef X

absl::StatusOr<pb::StampResponse> Client::Stamp(const std::vector<pb::StampRequest>& requests) {
  Call call(state_->calls);
  pb::StampResponse response;
  auto writer = state_->revisions->Stamp(call.context(), &response);
  for (const pb::StampRequest& request : requests) {
    if (!writer->Write(request)) break;
  }
  writer->WritesDone();
  grpc::Status status = writer->Finish();
  RETURN_IF_ERROR(FromGrpcStatus(status, state_->settings, {false, state_->calls.interrupted()}));
  return response;
}

std::unique_ptr<ServerStream<pb::CheckDriftResponse>> Client::CheckDrift(
    const pb::CheckDriftRequest& request) {
  return OpenStream<pb::CheckDriftResponse>(
      state_->calls, state_->settings, [&](grpc::ClientContext* context) {
        return state_->revisions->CheckDrift(context, request);
      });
}

void Client::Interrupt() { state_->calls.Interrupt(); }
bool Client::interrupted() const { return state_->calls.interrupted(); }
void Client::OnQuestion(std::function<void()> deliver) {
  state_->calls.OnQuestion(std::move(deliver));
}
void Client::Resume() { state_->calls.Resume(); }

}  // namespace stateserver::client
