// SPDX-License-Identifier: Apache-2.0
//
// Conversion of times and durations to and from protocol messages.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace stateserver::rpc {

inline void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  absl::Duration since_epoch = time - absl::UnixEpoch();
  int64_t seconds = absl::ToInt64Seconds(since_epoch);
  if (absl::Seconds(seconds) > since_epoch) --seconds;
  out->set_seconds(seconds);
  out->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(since_epoch - absl::Seconds(seconds))));
}

inline google::protobuf::Timestamp TimeToProto(int64_t epoch_ms) {
  google::protobuf::Timestamp out;
  SetTime(absl::FromUnixMillis(epoch_ms), &out);
  return out;
}

inline google::protobuf::Duration DurationToProto(absl::Duration duration) {
  google::protobuf::Duration out;
  absl::Duration rest;
  out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return out;
}

// Any value is converted; those out of range saturate.
inline int64_t TimeFromProto(const google::protobuf::Timestamp& time) {
  return absl::ToUnixMillis(absl::FromUnixSeconds(time.seconds()) +
                            absl::Nanoseconds(time.nanos()));
}

inline absl::Duration DurationFromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace stateserver::rpc
