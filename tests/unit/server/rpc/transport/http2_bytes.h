// SPDX-License-Identifier: Apache-2.0
//
// HTTP/2 frames as bytes.
#pragma once

#include <cstdint>
#include <string>

#include "server/rpc/transport/traffic.h"

namespace stateserver::transport {

inline std::string BigEndian(uint32_t number, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift));
  }
  return out;
}

inline std::string FrameBytes(FrameType type, uint8_t flags, uint32_t stream,
                              const std::string& payload) {
  return BigEndian(static_cast<uint32_t>(payload.size()), 3) + static_cast<char>(type) +
         static_cast<char>(flags) + BigEndian(stream, 4) + payload;
}

inline std::string ResetBytes(uint32_t stream, uint32_t error_code) {
  return FrameBytes(FrameType::kResetStream, 0, stream, BigEndian(error_code, 4));
}

}  // namespace stateserver::transport
