// SPDX-License-Identifier: Apache-2.0
//
// Judges the HTTP/2 traffic of one connection by its frame headers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "server/rpc/transport/connection_table.h"
#include "server/rpc/transport/token_bucket.h"

namespace stateserver::transport {

// The frames of one direction of an HTTP/2 connection (RFC 9113, section 4.1).

enum class FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kResetStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr uint8_t kFlagAck = 0x1;
inline constexpr uint8_t kFlagEndStream = 0x1;
inline constexpr uint8_t kFlagEndHeaders = 0x4;

struct Frame {
  uint32_t length = 0;  // of the payload, bytes
  FrameType type = FrameType::kData;
  uint8_t flags = 0;
  uint32_t stream = 0;
  uint32_t error_code = 0;  // of a RST_STREAM of four bytes
};

// Finds the frames in bytes that arrive in pieces of any size. Looks at headers alone,
// and at the error code of a RST_STREAM; keeps at most 13 bytes. Not thread-safe.
class FrameReader {
 public:
  // Calls `sink` once for each frame whose header, or whose error code, ends in `bytes`.
  void Read(std::string_view bytes, const std::function<void(const Frame&)>& sink);

  // True if the bytes read so far end with a whole frame.
  bool at_boundary() const { return held_ == 0 && payload_left_ == 0; }

 private:
  static constexpr size_t kHeaderBytes = 9;
  static constexpr size_t kErrorCodeBytes = 4;

  size_t Wanted() const;
  void Finish(const std::function<void(const Frame&)>& sink);

  std::array<uint8_t, kHeaderBytes + kErrorCodeBytes> head_{};
  size_t held_ = 0;
  uint32_t payload_left_ = 0;
};

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
