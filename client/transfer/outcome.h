// SPDX-License-Identifier: Apache-2.0
//
// The outcome of an operation whose stream ended without a reliable result.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/errors.h"

namespace stateserver::client {

// AskingTimes holds the total time and the interval of requests to the server; tests shorten them.
struct AskingTimes {
  std::chrono::milliseconds total{5'000};
  std::chrono::milliseconds pause{300};
};

struct OperationAt {
  std::string gateway;
  std::string id;
  // True if the server had confirmed that it runs; "not found" is then not conclusive.
  bool begun = false;
};

// Determines the outcome of a changing call. `lost` is how its stream ended, and must not be OK. If
// it leaves no doubt, returns it with the operation's id. Otherwise queries the server:
// - succeeded: returns the operation;
// - failed, refused, abandoned, never begun: returns `lost`, and that nothing was changed;
// - no response in time: returns OUTCOME_UNKNOWN, which names `operation ID`.
absl::StatusOr<pb::Operation> Settle(Client& client, const OperationAt& at,
                                     const absl::Status& lost, const AskingTimes& times = {});

// OperationEnd is the end of an operation that reports its progress.
template <typename Result>
struct OperationEnd {
  Result result;
  // True if the stream broke; the result then holds only the server's record.
  bool recovered = false;
};

// Reads `stream` to its end, and determines the outcome if it breaks. `on_progress` receives every
// progress message.
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
