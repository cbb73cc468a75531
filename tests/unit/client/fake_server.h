// SPDX-License-Identifier: Apache-2.0
//
// A stateserver made of functions, on a real socket of this process.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "stateserver/v1/maintenance.grpc.pb.h"
#include "stateserver/v1/operations.grpc.pb.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// A status as the real server sends it: ErrorInfo with reason, hint, facts.
grpc::Status Typed(const absl::Status& status);

using ImportServerStream = grpc::ServerReaderWriter<pb::ImportResponse, pb::ImportRequest>;
using MigrateFileServerStream =
    grpc::ServerReaderWriter<pb::MigrateStateFileResponse, pb::MigrateStateFileRequest>;

// What a method does. A test may set another while a call runs whose client has gone: that call
// ends with the one it began with.
template <typename... Arguments>
class Handler {
 public:
  template <typename Function>
  Handler& operator=(Function function) {
    auto fresh = std::make_shared<const Call>(std::move(function));
    std::lock_guard lock(mutex_);
    call_ = std::move(fresh);
    return *this;
  }

  explicit operator bool() const {
    std::shared_ptr<const Call> call = Current();
    return call != nullptr && *call != nullptr;
  }

  grpc::Status operator()(Arguments... arguments) const { return (*Current())(arguments...); }

 private:
  using Call = std::function<grpc::Status(Arguments...)>;

  std::shared_ptr<const Call> Current() const {
    std::lock_guard lock(mutex_);
    return call_;
  }

  mutable std::mutex mutex_;
  std::shared_ptr<const Call> call_;
};

// Each method calls its function; those not set give a small canned answer.
class FakeServer {
 public:
  // `credentials`: null for none.
  explicit FakeServer(std::shared_ptr<grpc::ServerCredentials> credentials = nullptr);
  ~FakeServer();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Ends now: calls under way are cut off.
  void Stop();
  // The metadata `authorization` of the calls so far.
  std::vector<std::string> authorizations();
  // Returns how often a method was called.
  int calls(const std::string& method);

  Handler<grpc::ServerContext*, const pb::ExportRequest&, grpc::ServerWriter<pb::ExportResponse>*>
      on_export;
  Handler<grpc::ServerContext*, ImportServerStream*> on_import;
  Handler<grpc::ServerContext*, MigrateFileServerStream*> on_migrate_file;
  Handler<const pb::MigrateRequest&, grpc::ServerWriter<pb::MigrateResponse>*> on_migrate;
  Handler<const pb::RestoreRequest&, grpc::ServerWriter<pb::RestoreResponse>*> on_restore;
  Handler<const pb::CompactRequest&, grpc::ServerWriter<pb::CompactResponse>*> on_compact;
  Handler<const pb::DeleteExpiredRequest&, grpc::ServerWriter<pb::DeleteExpiredResponse>*>
      on_delete_expired;
  Handler<grpc::ServerWriter<pb::CheckResponse>*> on_check;
  Handler<const pb::GetOperationRequest&, pb::GetOperationResponse*> on_get_operation;
  // The request of the last Rollback.
  pb::RollbackRequest last_rollback;
  // Called first, with its name, by every unary method; not OK ends it.
  Handler<const std::string&> on_any;
  Handler<const pb::ListSnapshotsRequest&, pb::ListSnapshotsResponse*> on_list_snapshots;
  Handler<pb::ListGatewaysResponse*> on_list_gateways;

 private:
  class StateImpl;
  class OperationsImpl;
  class MaintenanceImpl;
  grpc::Status Begin(grpc::ServerContext* context, const std::string& method);

  std::mutex mutex_;
  std::vector<std::string> authorizations_;
  std::map<std::string, int> calls_;
  std::unique_ptr<StateImpl> state_;
  std::unique_ptr<OperationsImpl> operations_;
  std::unique_ptr<MaintenanceImpl> maintenance_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// CannedExport is what a test's Export sends: a whole stream, then changed by `spoil`.
struct CannedExport {
  std::vector<pb::ExportResponse> messages;
};
// Two snapshots (the second in two parts) and one environment.
CannedExport MakeExport();
// The file those become: token of 64 'a'.
std::string ExportedFile();

// Sends `messages`; false when the client went away.
bool SendAll(const CannedExport& canned, grpc::ServerWriter<pb::ExportResponse>* writer);

// Reads an import to its commit; returns the messages read.
std::vector<pb::ImportRequest> ReadImport(ImportServerStream* stream);
// A result that matches a commit.
pb::ImportResponse ImportedResponse(const std::vector<pb::ImportRequest>& requests);

}  // namespace stateserver::client
