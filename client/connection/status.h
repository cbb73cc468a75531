// SPDX-License-Identifier: Apache-2.0
//
// How a failed call reads. Internal to connection/.
#pragma once

#include "absl/status/status.h"
#include "client/settings/settings.h"
#include "grpcpp/support/status.h"

namespace stateserver::client {

struct CallFacts {
  // The server had answered something before the end.
  bool heard = false;
  // Cancelled from this side by Interrupt().
  bool interrupted = false;
};

// OK stays OK. May open a connection of its own to find out why gRPC could not.
absl::Status FromGrpcStatus(const grpc::Status& status, const Settings& settings,
                            const CallFacts& facts);

}  // namespace stateserver::client
