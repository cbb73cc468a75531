// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/autogenerate.h"

#include "client/connection/answer_limit.h"
#include "client/errors.h"
#include "client/revisions/run_call.h"
#include "client/schema/answer_files.h"
#include "common/error.h"

namespace stateserver::client {

absl::StatusOr<NewRevision> RunAutogenerate(Client& client, const pb::AutogenerateBegin& begin,
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
  NewRevision made;
  AnswerLimit limit;
  AnswerFiles files(".sql");
  pb::AutogenerateResponse response;
  while (stream->Read(&response)) {
    RETURN_IF_ERROR(limit.Count(response.ByteSizeLong()));
    if (response.has_plan()) made.plan.Add(response.plan());
    if (!response.revision().empty()) made.revision = response.revision();
    if (!response.has_file()) continue;
    RETURN_IF_ERROR(files.Add(response.file().name(), response.file().text()));
  }
  RETURN_IF_ERROR(stream->Finish());
  std::vector<SchemaText> all = files.Release();
  if (all.size() > 1) {
    return ClientError(ClientReason::ANSWER_INVALID,
                       "The server sent several files for one revision. Nothing was written.");
  }
  if (!all.empty()) made.file = std::move(all.front());
  return made;
}

}  // namespace stateserver::client
