// SPDX-License-Identifier: Apache-2.0
//
// Judges the HTTP/2 traffic of one connection by its frame headers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "server/rpc/transport/close_reason.h"
#include "server/rpc/transport/frames.h"
#include "server/rpc/transport/token_bucket.h"

namespace stateserver::transport {

// gRPC keeps what a client has cancelled until a thread has looked at it, and answers
// control frames without flow control, so a client that resets streams, or floods, makes
// the server's memory grow (CVE-2023-44487 and its kin). Counted here, before gRPC sees
// the bytes:
//   * streams that end before their answer does, whoever resets them: a client can make
//     the server reset them (CVE-2025-8671);
//   * frames that carry no call: SETTINGS, PING, PRIORITY, WINDOW_UPDATE, empty DATA;
//     traffic that carries data earns some;
//   * streams open at once, whether or not the client has acknowledged the limit;
//   * bytes and frames of one header block (CVE-2024-27316).
// Memory is bounded by the open streams. Not thread-safe.
class TrafficWatch {
 public:
  explicit TrafficWatch(int max_streams);

  // The next bytes of either side.
  void FromClient(std::string_view bytes, absl::Time now);
  void FromServer(std::string_view bytes, absl::Time now);

  // The first limit that was passed; what arrives afterwards is not looked at.
  const std::optional<CloseReason>& violation() const { return violation_; }

  // Somebody who is known calls over the connection: the allowance of cancelled streams
  // becomes larger, and streams are charged when they are cancelled.
  void SetKnown();
  // Instead of a violation, the caller slows the connection down by Wait(): for a proxy
  // that carries the streams of many.
  void set_patient() { patient_ = true; }
  absl::Duration Wait(absl::Time now);

  // Returns the streams to charge to the connection's address since the last call; negative
  // where some are given back. Over a connection of somebody unknown a stream is charged
  // when it opens, and given back when it is answered; else it is charged when it is
  // cancelled.
  int TakeCharge();
  // As TakeCharge, when the connection ends: the streams still open are cancelled.
  int TakeLastCharge();
  int open_streams() const { return static_cast<int>(streams_.size()); }
  uint32_t last_stream() const { return last_stream_; }
  // When the oldest stream was opened for which the server has sent nothing;
  // InfiniteFuture without any.
  absl::Time OldestUnanswered() const;
  // True if the server's bytes so far end with a whole frame.
  bool server_at_boundary() const { return server_.at_boundary(); }

 private:
  struct Stream {
    absl::Time opened;
    bool answered = false;
  };

  void OnClientFrame(const Frame& frame, absl::Time now);
  void OnServerFrame(const Frame& frame, absl::Time now);
  void OnHeaders(const Frame& frame, absl::Time now);
  void AddToHeaderBlock(const Frame& frame);
  void Answered();
  void Cancelled(absl::Time now);
  void CountControl(absl::Time now);
  void Violate(CloseReason reason);

  const int max_streams_;
  FrameReader client_;
  FrameReader server_;
  std::map<uint32_t, Stream> streams_;
  uint32_t last_stream_ = 0;
  int64_t block_bytes_ = 0;
  int block_frames_ = 0;
  bool known_ = false;
  int charge_ = 0;
  TokenBucket cancellations_;
  TokenBucket control_frames_;
  bool patient_ = false;
  std::optional<CloseReason> violation_;
};

}  // namespace stateserver::transport
