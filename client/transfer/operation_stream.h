// SPDX-License-Identifier: Apache-2.0
//
// The loop that migrate and restore share: progress until the result, and the
// outcome when the stream breaks.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "client/errors.h"
#include "client/transfer/outcome.h"

namespace stateserver::client {

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
