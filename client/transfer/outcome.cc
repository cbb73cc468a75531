// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/outcome.h"

#include <algorithm>
#include <optional>
#include <thread>

#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

using Clock = std::chrono::steady_clock;

// Number of "not found" responses after which the operation is considered never begun.
constexpr int kNotFoundEnough = 3;

// Returns true if the server reported the outcome, or the call never reached it.
bool LeavesNoDoubt(const absl::Status& status) {
  if (HasClientReason(status, ClientReason::SERVER_UNREACHABLE) ||
      HasClientReason(status, ClientReason::TLS_FAILED) ||
      HasClientReason(status, ClientReason::NOT_AUTHORISED) ||
      HasClientReason(status, ClientReason::UNIMPLEMENTED)) {
    return true;
  }
  if (!IsFromServer(status)) return false;
  Reason reason = ReasonOf(status);
  return reason != Reason::COMMIT_IN_DOUBT && reason != Reason::INTERNAL;
}

// Queries until there is a response or the time is over. Returns an operation without a status
// after enough NOT_FOUND responses.
std::optional<pb::Operation> QueryOperation(Client& client, const OperationAt& at,
                                            const AskingTimes& times) {
  pb::GetOperationRequest request;
  request.set_gateway(at.gateway);
  request.set_id(at.id);
  int not_found = 0;
  const auto end = Clock::now() + times.total;
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    auto response = client.TryGetOperation(request, std::min(left, times.pause * 4));
    if (response.ok()) {
      const pb::Operation& operation = response->operation();
      if (operation.status() != pb::OPERATION_STATUS_RUNNING) return operation;
    } else if (ReasonOf(response.status()) == Reason::OPERATION_NOT_FOUND && !at.begun &&
               ++not_found == kNotFoundEnough) {
      return pb::Operation();
    }
    std::this_thread::sleep_for(times.pause);
  }
}

absl::Status Unchanged(const absl::Status& lost, const pb::Operation& operation) {
  if (IsFromServer(lost)) return lost;
  if (operation.error().empty()) return NothingChanged(lost);
  return NothingChanged(
      WithPrefix(Cat("The server reports: ", operation.error(), " — after: "), lost));
}

absl::Status Unknown(const absl::Status& lost, const std::string& id) {
  return ClientError(ClientReason::OUTCOME_UNKNOWN,
                     Cat("The outcome of operation ", id, " is unknown: ", MessageOf(lost)),
                     Cat("Ask 'stateclient operation ", id,
                         "' once the server answers again, before you repeat the command."));
}

}  // namespace

absl::StatusOr<pb::Operation> Settle(Client& client, const OperationAt& at,
                                     const absl::Status& lost, const AskingTimes& times) {
  if (LeavesNoDoubt(lost)) {
    return WithOperation(at.begun ? AfterBegin(lost) : lost, at.id);
  }
  client.Resume();
  auto operation = QueryOperation(client, at, times);
  if (!operation) return WithOperation(Unknown(lost, at.id), at.id);
  if (operation->status() == pb::OPERATION_STATUS_SUCCEEDED) return *operation;
  return WithOperation(Unchanged(lost, *operation), at.id);
}

}  // namespace stateserver::client
