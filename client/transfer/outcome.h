// SPDX-License-Identifier: Apache-2.0
//
// What became of an operation whose stream ended without a word one can trust.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/errors.h"

namespace stateserver::client {

// How long and how often the server is asked; tests shorten it.
struct AskingTimes {
  std::chrono::milliseconds total{5'000};
  std::chrono::milliseconds pause{300};
};

struct OperationAt {
  std::string gateway;
  std::string id;
  // The server had confirmed that it runs: "not found" is then no answer.
  bool begun = false;
};

// `lost` is how the stream of a changing call ended, and is not OK. Returned as
// it is, with the operation's id, where it leaves no doubt. Else asks the server:
// - succeeded: the operation;
// - failed, refused, abandoned, never begun: `lost`, and that nothing was changed;
// - no answer in time: OUTCOME_UNKNOWN, which names `operation ID`.
absl::StatusOr<pb::Operation> Settle(Client& client, const OperationAt& at,
                                     const absl::Status& lost, const AskingTimes& times = {});

// The loop that migrate and restore share: progress until the result, and the
// outcome when the stream breaks.

template <typename Result>
struct OperationEnd {
  Result result;
  // The stream broke; the result holds only what the server's record says.
  bool recovered = false;
};

// Reads `stream` to its end. `on_progress` gets every progress message.
template <typename Response, typename Result, typename OnProgress>
absl::StatusOr<OperationEnd<Result>> FollowOperation(Client& client, ServerStream<Response>& stream,
                                                     OperationAt at, OnProgress on_progress) {
  OperationEnd<Result> end;
  bool have_result = false;
  Response response;
  while (stream.Read(&response)) {
    at.begun = true;
    if (response.has_progress()) on_progress(response.progress());
    if (!response.has_result()) continue;
    end.result = std::move(*response.mutable_result());
    have_result = true;
  }
  absl::Status status = stream.Finish();
  if (have_result) return end;
  if (status.ok()) {
    status = ClientError(ClientReason::STREAM_INCOMPLETE, "The answer ended without a result.");
  }
  ASSIGN_OR_RETURN(*end.result.mutable_operation(), Settle(client, at, status));
  end.recovered = true;
  return end;
}

}  // namespace stateserver::client
