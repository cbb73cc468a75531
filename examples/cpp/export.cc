// SPDX-License-Identifier: Apache-2.0
//
// Streams an export into a sink that takes parts, as object storage does, without holding the
// state in memory: one JSON value a line, "snapshots" or "environments" first.
//
//   export FOLDER        writes FOLDER/part-00000, …
//
// Nothing is complete until the trailer's checksum is that of what arrived: only then is the
// upload finished. An export that breaks is begun anew: it is one instant of the state, not a
// continuation.
#include <openssl/evp.h>

#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "connection.h"
#include "part_sink.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace pb = stateserver::v1;

namespace {

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }

  void Update(std::string_view data) { EVP_DigestUpdate(context_.get(), data.data(), data.size()); }

  std::string Hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
      out += "0123456789abcdef"[digest[i] >> 4];
      out += "0123456789abcdef"[digest[i] & 15];
    }
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free};
};

// Long records come in several pieces, each but the last with `continued`.
class RecordLines {
 public:
  explicit RecordLines(example::PartSink& sink) : sink_(sink) {}

  void Add(const pb::Record& record) {
    if (!inside_) {
      sink_.Write(record.section() == pb::SECTION_SNAPSHOTS ? "snapshots\t" : "environments\t");
    }
    WriteChecked(record.json());
    inside_ = record.continued();
    if (!inside_) WriteChecked("\n");
  }

  std::string Checksum() { return checksum_.Hex(); }

 private:
  void WriteChecked(std::string_view data) {
    sink_.Write(data);
    checksum_.Update(data);
  }

  example::PartSink& sink_;
  Sha256 checksum_;
  bool inside_ = false;
};

grpc::Status Export(pb::StateService::Stub& stub, const std::string& folder) {
  example::PartSink sink(folder);
  RecordLines lines(sink);
  auto context = example::NewContext();
  auto stream = stub.Export(context.get(), {});
  pb::ExportTrailer trailer;
  for (pb::ExportResponse message; stream->Read(&message);) {
    for (const pb::Record& record : message.records().records()) lines.Add(record);
    if (message.has_trailer()) trailer = message.trailer();
  }
  grpc::Status status = stream->Finish();
  if (!status.ok()) return status;
  if (trailer.checksum() != lines.Checksum()) {
    return {grpc::StatusCode::DATA_LOSS, "the export arrived damaged; nothing was completed"};
  }
  sink.Complete();
  std::cout << trailer.counts().snapshots() << " snapshots and " << trailer.counts().environments()
            << " environments in " << sink.parts() << " parts; token " << trailer.state_token()
            << '\n';
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: export FOLDER\n";
    return 2;
  }
  try {
    auto stub = pb::StateService::NewStub(example::Connect());
    grpc::Status status = example::Retrying([&] { return Export(*stub, argv[1]); });
    return status.ok() ? 0 : example::Failed(status);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
