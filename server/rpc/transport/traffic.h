// SPDX-License-Identifier: Apache-2.0
//
// Checks of one connection's HTTP/2 traffic, based on its frame headers.
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

// FrameType is the type of an HTTP/2 frame (RFC 9113, section 4.1).
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

inline constexpr uint8_t kFlagEndStream = 0x1;
inline constexpr uint8_t kFlagEndHeaders = 0x4;

struct Frame {
  uint32_t length = 0;  // length of the payload in bytes
  FrameType type = FrameType::kData;
  uint8_t flags = 0;
  uint32_t stream = 0;
  uint32_t error_code = 0;  // set for a RST_STREAM of four bytes
};

// FrameReader finds the frames in bytes that arrive in pieces of any size. It inspects only headers
// and the error code of a RST_STREAM, and buffers at most 13 bytes. Not thread-safe.
class FrameReader {
 public:
  // Calls `sink` once for each frame whose header or error code is completed by `bytes`.
  void Read(std::string_view bytes, const std::function<void(const Frame&)>& sink);

  // Returns true if the bytes read so far end with a complete frame.
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

// TrafficWatch counts abusive traffic before gRPC sees the bytes. gRPC keeps cancelled streams
// until a thread has processed them, and responds to control frames without flow control. A client
// that resets streams or floods the server can therefore make its memory grow (CVE-2023-44487 and
// related). The watch counts:
//   * streams that end before their response does, whichever side resets them: a client can
//     make the server reset them (CVE-2025-8671);
//   * frames that carry no call: SETTINGS, PING, PRIORITY, WINDOW_UPDATE, empty DATA;
//     traffic that carries data earns some allowance;
//   * concurrent streams, whether or not the client has acknowledged the limit;
//   * bytes and frames of one header block (CVE-2024-27316).
// Memory is bounded by the number of open streams. Not thread-safe.
class TrafficWatch {
 public:
  explicit TrafficWatch(int max_streams);

  // Process the next bytes of either side.
  void FromClient(std::string_view bytes, absl::Time now);
  void FromServer(std::string_view bytes, absl::Time now);

  // Returns the first limit that was exceeded. Later bytes are ignored.
  const std::optional<CloseReason>& violation() const { return violation_; }

  // Marks the connection as authenticated: the allowance of cancelled streams grows, and streams
  // are charged when they are cancelled.
  void SetKnown();
  // Makes the caller slow the connection down by Wait() instead of reporting a violation; for a
  // proxy that carries the streams of many clients.
  void set_patient() { patient_ = true; }
  absl::Duration Wait(absl::Time now);

  // Returns the streams to charge to the connection's address since the last call; negative if more
  // were returned than charged. On an unauthenticated connection a stream is charged when it opens
  // and returned when it is answered; otherwise it is charged when it is cancelled.
  int TakeCharge();
  // Works like TakeCharge when the connection ends: the streams still open count as cancelled.
  int TakeLastCharge();
  int open_streams() const { return static_cast<int>(streams_.size()); }
  uint32_t last_stream() const { return last_stream_; }
  // Returns when the oldest stream without a response was opened; InfiniteFuture if there is none.
  absl::Time OldestUnanswered() const;
  // Returns true if the server's bytes so far end with a complete frame.
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
