// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/stamp.h"

#include "client/errors.h"
#include "client/revisions/send_files.h"

namespace stateserver::client {

absl::StatusOr<pb::StampResponse> RunStamp(Client& client, const pb::StampBegin& begin,
                                           const std::vector<SchemaText>& files) {
  std::vector<pb::StampRequest> requests(1);
  *requests[0].mutable_begin() = begin;
  SendPieces(files, [&](const std::string& name, std::string piece) {
    pb::StampRequest& request = requests.emplace_back();
    request.mutable_revision_file()->set_name(name);
    request.mutable_revision_file()->set_text(std::move(piece));
    return true;
  });
  auto response = client.Stamp(requests);
  if (response.ok()) return response;
  return WithOperation(response.status(), begin.operation_id());
}

}  // namespace stateserver::client
