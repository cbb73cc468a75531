// SPDX-License-Identifier: Apache-2.0
//
// The server as the commands see it: typed calls and streams, errors that say
// what a person can do. gRPC's headers stay behind it; a translation unit with
// them takes seconds to compile.
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

// A call that answers with several messages. One thread reads; Cancel may be
// called from any other.
template <typename Response>
class ServerStream {
 public:
  virtual ~ServerStream() = default;
  // False at the end of the stream, whatever its reason.
  virtual bool Read(Response* response) = 0;
  // After Read returned false: how the call ended. Once.
  virtual absl::Status Finish() = 0;
  virtual void Cancel() = 0;
};

// A call with messages both ways: one thread may write while another reads.
// Write blocks while the server takes no more.
template <typename Request, typename Response>
class DuplexStream : public ServerStream<Response> {
 public:
  // False once the server ended the call: read on and Finish.
  virtual bool Write(const Request& request) = 0;
  virtual void WritesDone() = 0;
};
using ImportStream = DuplexStream<pb::ImportRequest, pb::ImportResponse>;
using UpgradeStream = DuplexStream<pb::UpgradeStateFileRequest, pb::UpgradeStateFileResponse>;
using DiffStream = DuplexStream<pb::DiffRequest, pb::DiffResponse>;
using GenerateStream = DuplexStream<pb::GenerateRequest, pb::GenerateResponse>;
using AutogenerateStream = DuplexStream<pb::AutogenerateRequest, pb::AutogenerateResponse>;
using SchemaUpgradeStream = DuplexStream<pb::UpgradeRequest, pb::UpgradeResponse>;
using SchemaDowngradeStream = DuplexStream<pb::DowngradeRequest, pb::DowngradeResponse>;
using RepairStream = DuplexStream<pb::RepairRequest, pb::RepairResponse>;

#define STATECLIENT_UNARY_CALLS(X) \
  X(state, ListGateways)           \
  X(state, GetVersions)            \
  X(state, Diagnose)               \
  X(state, ListEnvironments)       \
  X(state, GetEnvironment)         \
  X(state, ListSnapshots)          \
  X(state, GetSnapshot)            \
  X(state, DiffEnvironments)       \
  X(state, GetStats)               \
  X(operations, GetOperation)      \
  X(operations, ListOperations)    \
  X(operations, ListAudit)         \
  X(operations, ListRunning)       \
  X(operations, ListRestorePoints)

// What the standard health service says.
enum class Health { kServing, kNotServing, kUnknown };
std::string_view HealthName(Health health);

// Thread-safe. Calls that fail give:
// - the server's own errors, marked FromServer;
// - SERVER_UNREACHABLE or TLS_FAILED, only where the call surely never began;
// - NOT_AUTHORISED; CONNECTION_LOST, where it may have begun;
// - INTERRUPTED after Interrupt(); DEADLINE_EXCEEDED after --timeout.
class Client {
 public:
  // Reads the TLS files; connects with the first call.
  static absl::StatusOr<std::unique_ptr<Client>> Make(const Settings& settings);
  ~Client();

#define X(service, Name) absl::StatusOr<pb::Name##Response> Name(const pb::Name##Request& request);
  STATECLIENT_UNARY_CALLS(X)
#undef X

  // GetOperation for a server that may be gone: waits at most `limit` for a
  // connection and the answer, and does not look why there is none.
  absl::StatusOr<pb::GetOperationResponse> TryGetOperation(const pb::GetOperationRequest& request,
                                                           std::chrono::milliseconds limit);

  // Of "" (the process) or "gateway/NAME"; kUnknown of one the server does not have.
  absl::StatusOr<Health> CheckHealth(const std::string& service);

  std::unique_ptr<ServerStream<pb::ExportResponse>> Export(const pb::ExportRequest& request);
  std::unique_ptr<ImportStream> Import();
  std::unique_ptr<UpgradeStream> UpgradeStateFile();
  std::unique_ptr<ServerStream<pb::MigrateResponse>> Migrate(const pb::MigrateRequest& request);
  std::unique_ptr<ServerStream<pb::RollbackResponse>> Rollback(const pb::RollbackRequest& request);
  std::unique_ptr<ServerStream<pb::RestoreResponse>> Restore(const pb::RestoreRequest& request);
  std::unique_ptr<ServerStream<pb::CompactResponse>> Compact(const pb::CompactRequest& request);
  std::unique_ptr<ServerStream<pb::ListExpiredResponse>> ListExpired(
      const pb::ListExpiredRequest& request);
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
  // All pieces, joined.
  absl::StatusOr<pb::GetStatusResponse> GetStatus(const pb::GetStatusRequest& request);
  absl::StatusOr<pb::GetHistoryResponse> GetHistory(const pb::GetHistoryRequest& request);
  std::unique_ptr<ServerStream<pb::CheckDriftResponse>> CheckDrift(
      const pb::CheckDriftRequest& request);

  // Cancels the calls under way and fails new ones, until Resume().
  void Interrupt();
  bool interrupted() const;
  // `deliver` calls Interrupt() if an interrupt has come that nobody has noticed
  // yet; it runs whenever the outcome depends on that. Before the first call.
  void OnQuestion(std::function<void()> deliver);
  void Resume();

  const std::string& address() const;

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stateserver::client
