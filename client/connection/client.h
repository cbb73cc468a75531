// SPDX-License-Identifier: Apache-2.0
//
// The client's view of the server: typed calls and streams, with errors that tell users what to do.
// It hides gRPC's headers, which take seconds to compile.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/settings/settings.h"
#include "stateserver/v1/maintenance.pb.h"
#include "stateserver/v1/operations.pb.h"
#include "stateserver/v1/revisions.pb.h"
#include "stateserver/v1/schema.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// ServerStream is a call with several response messages. One thread reads; Cancel may be called
// from any other.
template <typename Response>
class ServerStream {
 public:
  virtual ~ServerStream() = default;
  // Returns false at the end of the stream, for any reason.
  virtual bool Read(Response* response) = 0;
  // Returns how the call ended. Call it once, after Read returned false.
  virtual absl::Status Finish() = 0;
  virtual void Cancel() = 0;
};

// DuplexStream is a call with messages in both directions: one thread may write while another
// reads. Write blocks while the server accepts no more.
template <typename Request, typename Response>
class DuplexStream : public ServerStream<Response> {
 public:
  // Returns false once the server has ended the call; the caller should read the rest and call
  // Finish.
  virtual bool Write(const Request& request) = 0;
  virtual void WritesDone() = 0;
};
using ImportStream = DuplexStream<pb::ImportRequest, pb::ImportResponse>;
using UpgradeStream = DuplexStream<pb::MigrateStateFileRequest, pb::MigrateStateFileResponse>;
using DiffStream = DuplexStream<pb::DiffRequest, pb::DiffResponse>;
using GenerateStream = DuplexStream<pb::GenerateRequest, pb::GenerateResponse>;
using AutogenerateStream = DuplexStream<pb::AutogenerateRequest, pb::AutogenerateResponse>;
using SchemaUpgradeStream = DuplexStream<pb::UpgradeRequest, pb::UpgradeResponse>;
using SchemaDowngradeStream = DuplexStream<pb::DowngradeRequest, pb::DowngradeResponse>;
using RepairStream = DuplexStream<pb::RepairRequest, pb::RepairResponse>;

#define STATECLIENT_UNARY_CALLS(X)   \
  X(state, ListGateways)             \
  X(state, GetVersions)              \
  X(state, Diagnose)                 \
  X(state, ListEnvironments)         \
  X(state, GetEnvironment)           \
  X(state, ListEnvironmentSnapshots) \
  X(state, ListSnapshots)            \
  X(state, GetSnapshot)              \
  X(state, DiffEnvironments)         \
  X(state, GetStats)                 \
  X(operations, GetOperation)        \
  X(operations, WaitOperation)       \
  X(operations, CancelOperation)     \
  X(operations, ListOperations)      \
  X(operations, ListAudit)           \
  X(operations, ListRunning)         \
  X(operations, ListRestorePoints)   \
  X(revisions, GetStatus)            \
  X(revisions, ListAppliedRevisions) \
  X(revisions, ListRuns)             \
  X(revisions, ListRunStatements)

// Health is a status of the standard health service.
enum class Health { kServing, kNotServing, kUnknown };
std::string_view HealthName(Health health);

// Client calls the server. Thread-safe. Failed calls return:
// - the server's own errors, marked FromServer;
// - SERVER_UNREACHABLE or TLS_FAILED, only if the call certainly never began;
// - NOT_AUTHORISED; CONNECTION_LOST, if the call may have begun;
// - INTERRUPTED after Interrupt(); DEADLINE_EXCEEDED after --timeout.
class Client {
 public:
  // Reads the TLS files. Connects with the first call.
  static absl::StatusOr<std::unique_ptr<Client>> Make(const Settings& settings);
  ~Client();

#define X(service, Name) absl::StatusOr<pb::Name##Response> Name(const pb::Name##Request& request);
  STATECLIENT_UNARY_CALLS(X)
#undef X

  // Calls GetOperation on a server that may be gone: waits at most `limit` for a connection and the
  // response, and does not diagnose failures.
  absl::StatusOr<pb::GetOperationResponse> TryGetOperation(const pb::GetOperationRequest& request,
                                                           std::chrono::milliseconds limit);

  // Returns the health of "" (the process) or "gateway/NAME"; kUnknown for an unknown service.
  absl::StatusOr<Health> CheckHealth(const std::string& service);

  std::unique_ptr<ServerStream<pb::ExportResponse>> Export(const pb::ExportRequest& request);
  std::unique_ptr<ImportStream> Import();
  std::unique_ptr<UpgradeStream> MigrateStateFile();
  std::unique_ptr<ServerStream<pb::MigrateResponse>> Migrate(const pb::MigrateRequest& request);
  std::unique_ptr<ServerStream<pb::RollbackResponse>> Rollback(const pb::RollbackRequest& request);
  std::unique_ptr<ServerStream<pb::RestoreResponse>> Restore(const pb::RestoreRequest& request);
  std::unique_ptr<ServerStream<pb::CompactResponse>> Compact(const pb::CompactRequest& request);
  std::unique_ptr<ServerStream<pb::FindExpiredResponse>> FindExpired(
      const pb::FindExpiredRequest& request);
  std::unique_ptr<ServerStream<pb::DeleteExpiredResponse>> DeleteExpired(
      const pb::DeleteExpiredRequest& request);
  std::unique_ptr<ServerStream<pb::CheckResponse>> Check(const pb::CheckRequest& request);
  std::unique_ptr<ServerStream<pb::InspectResponse>> Inspect(const pb::InspectRequest& request);
  std::unique_ptr<DiffStream> Diff();
  std::unique_ptr<GenerateStream> Generate();
  std::unique_ptr<AutogenerateStream> Autogenerate();
  std::unique_ptr<SchemaUpgradeStream> Upgrade();
  std::unique_ptr<SchemaDowngradeStream> Downgrade();
  std::unique_ptr<RepairStream> Repair();
  absl::StatusOr<pb::StampResponse> Stamp(const std::vector<pb::StampRequest>& requests);
  std::unique_ptr<ServerStream<pb::CheckDriftResponse>> CheckDrift(
      const pb::CheckDriftRequest& request);

  // Cancels the active calls and fails new ones, until Resume().
  void Interrupt();
  bool interrupted() const;
  // Sets a function that calls Interrupt() if there is a pending interrupt. It is called whenever
  // the outcome depends on that. Must be set before the first call.
  void OnQuestion(std::function<void()> deliver);
  void Resume();

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stateserver::client
