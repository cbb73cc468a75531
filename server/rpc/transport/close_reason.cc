// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/close_reason.h"

namespace stateserver::transport {

std::string_view CloseReasonName(CloseReason reason) {
  switch (reason) {
    case CloseReason::kHandshakeTimeout:
      return "handshake_timeout";
    case CloseReason::kHandshakeFailed:
      return "handshake_failed";
    case CloseReason::kNotHttp2:
      return "not_http2";
    case CloseReason::kTooManyCancelledStreams:
      return "too_many_cancelled_streams";
    case CloseReason::kTooManyControlFrames:
      return "too_many_control_frames";
    case CloseReason::kTooManyStreams:
      return "too_many_streams";
    case CloseReason::kHeadersTooLarge:
      return "headers_too_large";
    case CloseReason::kUnansweredStream:
      return "unanswered_stream";
    case CloseReason::kTooManyConnections:
      return "too_many_connections";
    case CloseReason::kTooManyConnectionsOfAddress:
      return "too_many_connections_of_address";
    case CloseReason::kNoDescriptors:
      return "no_descriptors";
  }
  return "unknown";
}

}  // namespace stateserver::transport
