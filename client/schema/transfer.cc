// SPDX-License-Identifier: Apache-2.0

#include "client/schema/transfer.h"

#include "common/error.h"

namespace stateserver::client {
namespace {

constexpr size_t kPiece = size_t{512} << 10;

// False once the server has ended the call.
template <typename Stream, typename Request>
bool SendFiles(Stream& stream, const SchemaSource& source, pb::SchemaFile* (Request::*file)()) {
  for (const SchemaText& one : source.files) {
    for (size_t at = 0; at == 0 || at < one.text.size(); at += kPiece) {
      Request request;
      pb::SchemaFile* piece = (request.*file)();
      piece->set_name(one.name);
      piece->set_text(one.text.substr(at, kPiece));
      if (!stream.Write(request)) return false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<pb::DiffResponse> RunDiff(Client& client, const pb::DiffBegin& begin,
                                         const SchemaSource& from, const SchemaSource& to) {
  auto stream = client.Diff();
  pb::DiffRequest request;
  *request.mutable_begin() = begin;
  bool sent = stream->Write(request) &&
              SendFiles(*stream, from, &pb::DiffRequest::mutable_from_file) &&
              SendFiles(*stream, to, &pb::DiffRequest::mutable_to_file);
  if (sent) stream->WritesDone();
  pb::DiffResponse all, piece;
  while (stream->Read(&piece)) all.MergeFrom(piece);
  RETURN_IF_ERROR(stream->Finish());
  return all;
}

absl::StatusOr<GeneratedSchema> RunGenerate(Client& client, const pb::GenerateBegin& begin,
                                            const SchemaSource& source) {
  auto stream = client.Generate();
  pb::GenerateRequest request;
  *request.mutable_begin() = begin;
  bool sent =
      stream->Write(request) && SendFiles(*stream, source, &pb::GenerateRequest::mutable_file);
  if (sent) stream->WritesDone();
  GeneratedSchema out;
  pb::GenerateResponse response;
  while (stream->Read(&response)) {
    if (response.has_unread()) out.unread.push_back(response.unread());
    if (!response.has_file()) continue;
    const pb::SchemaFile& piece = response.file();
    if (out.files.empty() || out.files.back().name != piece.name()) {
      out.files.push_back({piece.name(), ""});
    }
    out.files.back().text.append(piece.text());
  }
  RETURN_IF_ERROR(stream->Finish());
  return out;
}

}  // namespace stateserver::client
