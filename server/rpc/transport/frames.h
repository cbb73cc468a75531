// SPDX-License-Identifier: Apache-2.0
//
// The frames of one direction of an HTTP/2 connection (RFC 9113, section 4.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace stateserver::transport {

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

}  // namespace stateserver::transport
