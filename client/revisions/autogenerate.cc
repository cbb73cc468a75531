// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/autogenerate.h"

#include "client/revisions/run_call.h"
#include "common/error.h"

namespace stateserver::client {

absl::StatusOr<pb::AutogenerateResponse> RunAutogenerate(Client& client,
                                                         const pb::AutogenerateBegin& begin,
                                                         const SchemaSource& declared,
                                                         const RevisionFolder& folder) {
  auto stream = client.Autogenerate();
  pb::AutogenerateRequest request;
  *request.mutable_begin() = begin;
  bool sent = stream->Write(request) &&
              SendPieces(declared.files,
                         [&](const std::string& name, std::string piece) {
                           pb::AutogenerateRequest message;
                           message.mutable_schema_file()->set_name(name);
                           message.mutable_schema_file()->set_text(std::move(piece));
                           return stream->Write(message);
                         }) &&
              SendRevisionFiles<pb::AutogenerateRequest>(*stream, folder.files);
  if (sent) stream->WritesDone();
  pb::AutogenerateResponse all, piece;
  std::string text;
  while (stream->Read(&piece)) {
    text += piece.file().text();
    piece.mutable_file()->clear_text();
    all.MergeFrom(piece);
  }
  RETURN_IF_ERROR(stream->Finish());
  all.mutable_file()->set_text(text);
  return all;
}

pb::DiffResponse PlanOf(const pb::AutogenerateResponse& answer) {
  pb::DiffResponse plan;
  *plan.mutable_engine() = answer.engine();
  *plan.mutable_steps() = answer.steps();
  *plan.mutable_refusals() = answer.refusals();
  *plan.mutable_warnings() = answer.warnings();
  *plan.mutable_unmanaged() = answer.unmanaged();
  *plan.mutable_findings() = answer.findings();
  return plan;
}

}  // namespace stateserver::client
