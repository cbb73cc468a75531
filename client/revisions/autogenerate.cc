// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/autogenerate.h"

#include "client/revisions/run_call.h"
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
  pb::AutogenerateResponse response;
  while (stream->Read(&response)) {
    if (response.has_plan()) made.plan.Add(response.plan());
    if (!response.revision().empty()) made.revision = response.revision();
    if (!response.has_file()) continue;
    made.file.name = response.file().name();
    made.file.text += response.file().text();
  }
  RETURN_IF_ERROR(stream->Finish());
  return made;
}

}  // namespace stateserver::client
