// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/traffic.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace stateserver::transport {

namespace {

uint32_t BigEndian32(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

uint32_t LengthIn(const uint8_t* head) { return BigEndian32(head) >> 8; }

bool HasErrorCode(const uint8_t* head) {
  return static_cast<FrameType>(head[3]) == FrameType::kResetStream && LengthIn(head) == 4;
}

// An unauthenticated caller has no reason to cancel many calls; an authenticated one may hit
// deadlines with all its streams a few times in a row.
constexpr double kCancelledUnknown = 100;
constexpr double kCancelledUnknownPerSecond = 20;
constexpr double kCancelledKnown = 1000;
constexpr double kCancelledKnownPerSecond = 200;
// Window updates and pings accompany data.
constexpr double kControlFrames = 1000;
constexpr double kControlFramesPerSecond = 200;
constexpr double kBytesPerControlFrame = 512;
// gRPC's own limit of 16 KiB applies to the decoded headers.
constexpr int64_t kHeaderBlockBytes = 64 << 10;
constexpr int kHeaderBlockFrames = 16;

}  // namespace

// Returns how many bytes of the current frame are buffered before it is reported.
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

TrafficWatch::TrafficWatch(int max_streams)
    // Allows for streams that end while others begin.
    : max_streams_(2 * max_streams),
      cancellations_(kCancelledUnknown, kCancelledUnknownPerSecond),
      control_frames_(kControlFrames, kControlFramesPerSecond) {}

void TrafficWatch::FromClient(std::string_view bytes, absl::Time now) {
  client_.Read(bytes, [this, now](const Frame& frame) { OnClientFrame(frame, now); });
}

void TrafficWatch::FromServer(std::string_view bytes, absl::Time now) {
  server_.Read(bytes, [this, now](const Frame& frame) { OnServerFrame(frame, now); });
}

void TrafficWatch::OnClientFrame(const Frame& frame, absl::Time now) {
  if (violation_.has_value()) return;
  switch (frame.type) {
    case FrameType::kHeaders:
      return OnHeaders(frame, now);
    case FrameType::kContinuation:
      return AddToHeaderBlock(frame);
    case FrameType::kResetStream:
      if (streams_.erase(frame.stream) > 0) return Cancelled(now);
      return CountControl(now);
    case FrameType::kData:
      control_frames_.Add(frame.length / kBytesPerControlFrame);
      if (frame.length == 0 && (frame.flags & kFlagEndStream) == 0) CountControl(now);
      return;
    default:
      return CountControl(now);
  }
}

void TrafficWatch::OnServerFrame(const Frame& frame, absl::Time now) {
  auto found = streams_.find(frame.stream);
  switch (frame.type) {
    case FrameType::kHeaders:
    case FrameType::kData:
      control_frames_.Add(frame.length / kBytesPerControlFrame);
      if (found == streams_.end()) return;
      found->second.answered = true;
      if ((frame.flags & kFlagEndStream) == 0) return;
      streams_.erase(found);
      return Answered();
    case FrameType::kResetStream:
      if (found == streams_.end()) return;
      streams_.erase(found);
      // NO_ERROR: the response is complete, and the rest of the request is not needed.
      return frame.error_code == 0 ? Answered() : Cancelled(now);
    default:
      return;
  }
}

void TrafficWatch::OnHeaders(const Frame& frame, absl::Time now) {
  block_bytes_ = 0;
  block_frames_ = 0;
  AddToHeaderBlock(frame);
  // Otherwise it is a stream's trailers, or an error that gRPC handles.
  if (frame.stream <= last_stream_) return CountControl(now);
  last_stream_ = frame.stream;
  streams_.emplace(frame.stream, Stream{now});
  if (!known_) ++charge_;
  if (static_cast<int>(streams_.size()) > max_streams_) Violate(CloseReason::kTooManyStreams);
}

void TrafficWatch::AddToHeaderBlock(const Frame& frame) {
  block_bytes_ += frame.length;
  ++block_frames_;
  if (block_bytes_ > kHeaderBlockBytes || block_frames_ > kHeaderBlockFrames) {
    violation_ = CloseReason::kHeadersTooLarge;
  }
}

void TrafficWatch::Answered() {
  if (!known_) --charge_;
}

void TrafficWatch::Cancelled(absl::Time now) {
  if (known_) ++charge_;
  cancellations_.Spend(1, now);
  if (cancellations_.InDebt(now)) Violate(CloseReason::kTooManyCancelledStreams);
}

void TrafficWatch::CountControl(absl::Time now) {
  control_frames_.Spend(1, now);
  if (control_frames_.InDebt(now)) Violate(CloseReason::kTooManyControlFrames);
}

void TrafficWatch::Violate(CloseReason reason) {
  if (!patient_ && !violation_.has_value()) violation_ = reason;
}

void TrafficWatch::SetKnown() {
  if (known_) return;
  known_ = true;
  charge_ -= open_streams();
  cancellations_.Raise(kCancelledKnown, kCancelledKnownPerSecond);
}

absl::Duration TrafficWatch::Wait(absl::Time now) {
  return std::max(cancellations_.Wait(now), control_frames_.Wait(now));
}

int TrafficWatch::TakeCharge() { return std::exchange(charge_, 0); }

int TrafficWatch::TakeLastCharge() { return TakeCharge() + (known_ ? open_streams() : 0); }

absl::Time TrafficWatch::OldestUnanswered() const {
  // Streams are opened in ascending order of their numbers.
  for (const auto& [number, stream] : streams_) {
    if (!stream.answered) return stream.opened;
  }
  return absl::InfiniteFuture();
}

}  // namespace stateserver::transport
