// SPDX-License-Identifier: Apache-2.0
//
// Why the server closes a connection.
#pragma once

#include <string_view>

namespace stateserver::transport {

enum class CloseReason {
  kHandshakeTimeout,
  kHandshakeFailed,
  kNotHttp2,
  kTooManyCancelledStreams,
  kTooManyControlFrames,
  kTooManyStreams,
  kHeadersTooLarge,
  kUnansweredStream,
  kTooManyConnections,
  kTooManyConnectionsOfAddress,
  kNoDescriptors,
};
inline constexpr int kCloseReasons = static_cast<int>(CloseReason::kNoDescriptors) + 1;

// As the metric's label has it, for example "too_many_cancelled_streams".
std::string_view CloseReasonName(CloseReason reason);

}  // namespace stateserver::transport
