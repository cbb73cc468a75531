#include "client/connection/streams.h"

namespace stateserver::client {
namespace {

class GrpcImportStream : public ImportStream {
 public:
  GrpcImportStream(Calls& calls, const Settings& settings, pb::StateService::Stub& stub)
      : calls_(calls), settings_(settings), call_(calls), stream_(stub.Import(call_.context())) {}

  ~GrpcImportStream() override {
    if (finished_) return;
    Cancel();
    pb::ImportResponse ignored;
    while (stream_->Read(&ignored)) {
    }
    stream_->Finish();
  }

  bool Write(const pb::ImportRequest& request) override { return stream_->Write(request); }
  void WritesDone() override { stream_->WritesDone(); }

  bool Read(pb::ImportResponse* response) override {
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
  std::unique_ptr<grpc::ClientReaderWriter<pb::ImportRequest, pb::ImportResponse>> stream_;
  bool heard_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ImportStream> OpenImport(Calls& calls, const Settings& settings,
                                         pb::StateService::Stub& stub) {
  return std::make_unique<GrpcImportStream>(calls, settings, stub);
}

}  // namespace stateserver::client
