// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/frames.h"

#include <algorithm>
#include <cstring>

namespace stateserver::transport {
namespace {

uint32_t BigEndian32(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

uint32_t LengthIn(const uint8_t* head) { return BigEndian32(head) >> 8; }

bool HasErrorCode(const uint8_t* head) {
  return static_cast<FrameType>(head[3]) == FrameType::kResetStream && LengthIn(head) == 4;
}

}  // namespace

// How many bytes of the present frame are to be held before it is reported.
size_t FrameReader::Wanted() const {
  if (held_ < kHeaderBytes) return kHeaderBytes;
  return HasErrorCode(head_.data()) ? kHeaderBytes + kErrorCodeBytes : kHeaderBytes;
}

void FrameReader::Read(std::string_view bytes, const std::function<void(const Frame&)>& sink) {
  while (!bytes.empty()) {
    if (payload_left_ > 0) {
      size_t skipped = std::min<size_t>(payload_left_, bytes.size());
      payload_left_ -= static_cast<uint32_t>(skipped);
      bytes.remove_prefix(skipped);
      continue;
    }
    size_t taken = std::min(Wanted() - held_, bytes.size());
    std::memcpy(head_.data() + held_, bytes.data(), taken);
    held_ += taken;
    bytes.remove_prefix(taken);
    if (held_ == Wanted()) Finish(sink);
  }
}

void FrameReader::Finish(const std::function<void(const Frame&)>& sink) {
  Frame frame;
  frame.length = LengthIn(head_.data());
  frame.type = static_cast<FrameType>(head_[3]);
  frame.flags = head_[4];
  frame.stream = BigEndian32(head_.data() + 5) & 0x7fffffff;
  bool has_code = HasErrorCode(head_.data());
  if (has_code) frame.error_code = BigEndian32(head_.data() + kHeaderBytes);
  payload_left_ = has_code ? 0 : frame.length;
  held_ = 0;
  sink(frame);
}

}  // namespace stateserver::transport
