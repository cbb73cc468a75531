// SPDX-License-Identifier: Apache-2.0
//
// The active calls and their streams, so that Ctrl-C can cancel them. Only for use inside
// connection/.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "client/connection/answer_limit.h"
#include "client/connection/client.h"
#include "client/connection/status.h"
#include "client/settings/settings.h"
#include "common/error.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"
#include "stateserver/v1/revisions.grpc.pb.h"
#include "stateserver/v1/schema.grpc.pb.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace stateserver::client {

// Calls tracks the active calls. Thread-safe.
class Calls {
 public:
  explicit Calls(const Settings& settings) : settings_(settings) {}

  void Interrupt();
  void Resume();
  // Returns true after an interrupt. First runs the function given to `OnQuestion`, so that a
  // pending interrupt counts.
  bool interrupted() const;
  void OnQuestion(std::function<void()> deliver) { deliver_ = std::move(deliver); }

 private:
  friend class Call;
  void Add(grpc::ClientContext* context);
  void Remove(grpc::ClientContext* context);

  const Settings& settings_;
  mutable std::mutex mutex_;
  std::set<grpc::ClientContext*> contexts_;
  bool interrupted_ = false;
  std::function<void()> deliver_;  // set before the first call
};

// Call is one call's context with deadline and token, registered while the object lives.
class Call {
 public:
  explicit Call(Calls& calls);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  grpc::ClientContext* context() { return &context_; }

 private:
  Calls& calls_;
  grpc::ClientContext context_;
};

// Calls `list` with `request` until there is no next page. Returns all pages as one response, or
// ANSWER_INVALID, as AnswerLimit does.
template <typename Response, typename Request, typename List>
absl::StatusOr<Response> AllPages(Request request, const List& list) {
  constexpr int kPageSize = 1000;  // the most that a server sends
  Response all;
  AnswerLimit limit;
  request.set_page_size(kPageSize);
  do {
    ASSIGN_OR_RETURN(Response page, list(request));
    RETURN_IF_ERROR(limit.Count(page.ByteSizeLong()));
    request.set_page_token(page.next_page_token());
    all.MergeFrom(page);
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  return all;
}

// GrpcServerStream implements the stream interface of client.h with gRPC.
template <typename Response>
class GrpcServerStream : public ServerStream<Response> {
 public:
  // `open` starts the call on the given context.
  template <typename Open>
  GrpcServerStream(Calls& calls, const Settings& settings, Open open)
      : calls_(calls), settings_(settings), call_(calls), reader_(open(call_.context())) {}

  ~GrpcServerStream() override {
    if (finished_) return;
    // gRPC requires every call to be finished, and an unread one ends only when cancelled.
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
