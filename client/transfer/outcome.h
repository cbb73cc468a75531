// SPDX-License-Identifier: Apache-2.0
//
// What became of an operation whose stream ended without a word one can trust.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "client/connection/client.h"

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

}  // namespace stateserver::client
