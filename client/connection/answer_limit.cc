// SPDX-License-Identifier: Apache-2.0

#include "client/connection/answer_limit.h"

#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

// Counted for each message, because even an empty one takes memory.
constexpr size_t kMessageBytes = 256;

}  // namespace

absl::Status AnswerLimit::Count(size_t bytes) {
  bytes_ += bytes + kMessageBytes;
  if (bytes_ <= kMostBytes) return absl::OkStatus();
  return ClientError(ClientReason::ANSWER_INVALID,
                     Cat("The server's answer is longer than ", kMostBytes >> 20, " MiB."),
                     "Ask for fewer objects at a time.");
}

}  // namespace stateserver::client
