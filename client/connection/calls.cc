// SPDX-License-Identifier: Apache-2.0

#include "client/connection/calls.h"

#include <chrono>

namespace stateserver::client {

void Calls::Interrupt() {
  std::lock_guard lock(mutex_);
  interrupted_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
}

void Calls::Resume() {
  std::lock_guard lock(mutex_);
  interrupted_ = false;
}

bool Calls::interrupted() const {
  if (deliver_) deliver_();
  std::lock_guard lock(mutex_);
  return interrupted_;
}

void Calls::Add(grpc::ClientContext* context) {
  std::lock_guard lock(mutex_);
  contexts_.insert(context);
  // A cancellation before the call starts makes it fail when it starts.
  if (interrupted_) context->TryCancel();
}

void Calls::Remove(grpc::ClientContext* context) {
  std::lock_guard lock(mutex_);
  contexts_.erase(context);
}

Call::Call(Calls& calls) : calls_(calls) {
  const Settings& settings = calls.settings_;
  if (settings.timeout > 0) {
    auto limit = std::chrono::duration<double>(settings.timeout);
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::duration_cast<std::chrono::system_clock::duration>(limit));
  }
  // The token is plain metadata, because call credentials are not sent without TLS, which a local
  // server may not use.
  if (!settings.token.empty()) context_.AddMetadata("authorization", "Bearer " + settings.token);
  if (!settings.trace_parent.empty()) context_.AddMetadata("traceparent", settings.trace_parent);
  calls_.Add(&context_);
}

Call::~Call() { calls_.Remove(&context_); }

namespace {

template <typename Request, typename Response>
class GrpcDuplexStream : public DuplexStream<Request, Response> {
 public:
  // `open` starts the call on the given context.
  template <typename Open>
  GrpcDuplexStream(Calls& calls, const Settings& settings, Open open)
      : calls_(calls), settings_(settings), call_(calls), stream_(open(call_.context())) {}

  ~GrpcDuplexStream() override {
    if (finished_) return;
    Cancel();
    Response ignored;
    while (stream_->Read(&ignored)) {
    }
    stream_->Finish();
  }

  bool Write(const Request& request) override { return stream_->Write(request); }
  void WritesDone() override { stream_->WritesDone(); }

  bool Read(Response* response) override {
    bool more = stream_->Read(response);
    heard_ = heard_ || more;
    return more;
  }

  absl::Status Finish() override {
    finished_ = true;
    return FromGrpcStatus(stream_->Finish(), settings_, {heard_, calls_.interrupted()});
  }

  void Cancel() override { call_.context()->TryCancel(); }

 private:
  Calls& calls_;
  const Settings& settings_;
  Call call_;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> stream_;
  bool heard_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ImportStream> OpenImport(Calls& calls, const Settings& settings,
                                         pb::StateService::Stub& stub) {
  return std::make_unique<GrpcDuplexStream<pb::ImportRequest, pb::ImportResponse>>(
      calls, settings, [&](grpc::ClientContext* context) { return stub.Import(context); });
}

std::unique_ptr<UpgradeStream> OpenUpgrade(Calls& calls, const Settings& settings,
                                           pb::StateService::Stub& stub) {
  return std::make_unique<
      GrpcDuplexStream<pb::MigrateStateFileRequest, pb::MigrateStateFileResponse>>(
      calls, settings,
      [&](grpc::ClientContext* context) { return stub.MigrateStateFile(context); });
}

std::unique_ptr<DiffStream> OpenDiff(Calls& calls, const Settings& settings,
                                     pb::SchemaService::Stub& stub) {
  return std::make_unique<GrpcDuplexStream<pb::DiffRequest, pb::DiffResponse>>(
      calls, settings, [&](grpc::ClientContext* context) { return stub.Diff(context); });
}

std::unique_ptr<GenerateStream> OpenGenerate(Calls& calls, const Settings& settings,
                                             pb::SchemaService::Stub& stub) {
  return std::make_unique<GrpcDuplexStream<pb::GenerateRequest, pb::GenerateResponse>>(
      calls, settings, [&](grpc::ClientContext* context) { return stub.Generate(context); });
}

#define X(Stream, Name)                                                                     \
  std::unique_ptr<Stream> Open##Stream(Calls& calls, const Settings& settings,              \
                                       pb::RevisionService::Stub& stub) {                   \
    return std::make_unique<GrpcDuplexStream<pb::Name##Request, pb::Name##Response>>(       \
        calls, settings, [&](grpc::ClientContext* context) { return stub.Name(context); }); \
  }
X(AutogenerateStream, Autogenerate)
X(SchemaUpgradeStream, Upgrade)
X(SchemaDowngradeStream, Downgrade)
X(RepairStream, Repair)
#undef X

}  // namespace stateserver::client
