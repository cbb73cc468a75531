// SPDX-License-Identifier: Apache-2.0
//
// Both directions of an HTTP/2 connection, cut into pieces: memory is bounded, and what is
// found does not hang on where the pieces end.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/rpc/transport/traffic.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
using stateserver::transport::TrafficWatch;

constexpr int kMaxStreams = 8;

// Feeds pieces of `size` bytes, to the client's and the server's side in turn.
void Feed(std::string_view bytes, size_t size, TrafficWatch* traffic) {
  absl::Time now = absl::UnixEpoch();
  bool client = true;
  for (; !bytes.empty(); client = !client) {
    std::string_view half = bytes.substr(0, 64);
    bytes.remove_prefix(half.size());
    for (size_t at = 0; at < half.size(); at += size) {
      std::string_view piece = half.substr(at, size);
      client ? traffic->FromClient(piece, now) : traffic->FromServer(piece, now);
    }
    now += absl::Milliseconds(1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  TrafficWatch whole(kMaxStreams);
  TrafficWatch single(kMaxStreams);
  Feed(bytes, 64, &whole);
  Feed(bytes, 1, &single);
  Check(whole.open_streams() <= 2 * kMaxStreams + 1);
  Check(whole.violation() == single.violation());
  Check(whole.open_streams() == single.open_streams());
  Check(whole.TakeLastCharge() == single.TakeLastCharge());
  return 0;
}
