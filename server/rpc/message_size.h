// SPDX-License-Identifier: Apache-2.0
//
// How large the messages of a streamed answer are.
#pragma once

#include <cstddef>

namespace stateserver::rpc {

// Bytes of one message, about: far below gRPC's limit of 4 MiB, large enough that
// the work for each message does not count.
inline constexpr size_t kMessageBytes = size_t{512} << 10;

}  // namespace stateserver::rpc
