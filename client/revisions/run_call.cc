// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/run_call.h"

#include <chrono>
#include <thread>

#include "client/errors.h"
#include "client/revisions/run_view.h"
#include "common/error.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAsking{5'000}, kPause{200};

// Returns the record once the server has recorded the end, or nullopt while the server cannot be
// reached.
std::optional<pb::Operation> PollUntilEnded(Session& session, Client& client,
                                            const std::string& id) {
  pb::GetOperationRequest request;
  request.set_gateway(session.gateway());
  request.set_id(id);
  for (auto end = Clock::now() + kAsking; Clock::now() < end;) {
    auto response = client.TryGetOperation(request, kPause * 4);
    bool ended = response.ok() && response->operation().status() != pb::OPERATION_STATUS_RUNNING;
    if (ended) return response->operation();
    std::this_thread::sleep_for(kPause);
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<pb::Operation> SettleRun(Session& session, Client& client,
                                        const pb::RunOptions& options, const absl::Status& lost) {
  const std::string& id = options.operation_id();
  bool never_began = HasClientReason(lost, ClientReason::SERVER_UNREACHABLE) ||
                     HasClientReason(lost, ClientReason::TLS_FAILED) ||
                     HasClientReason(lost, ClientReason::NOT_AUTHORISED) ||
                     HasClientReason(lost, ClientReason::UNIMPLEMENTED);
  if (never_began || IsFromServer(lost)) return WithOperation(lost, id);
  // After a lost connection or an interrupt, the server stops after the current statement and
  // records the state.
  client.Resume();
  auto operation = PollUntilEnded(session, client, id);
  if (operation && operation->status() == pb::OPERATION_STATUS_SUCCEEDED) return *operation;
  session.talk() << '\n';
  if (operation) PrintWhereThingsStand(session, client, options.scope());
  if (HasClientReason(lost, ClientReason::INTERRUPTED)) return WithOperation(lost, id);
  return WithOperation(ClientError(ClientReason::OUTCOME_UNKNOWN,
                                   Cat("The connection to the server was lost: ", MessageOf(lost)),
                                   "Completed statements are recorded: see `stateclient schema "
                                   "current`. Run the command again to continue from there."),
                       id);
}

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
