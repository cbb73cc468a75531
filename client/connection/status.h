// SPDX-License-Identifier: Apache-2.0
//
// Errors of failed calls. Only for use inside connection/.
#pragma once

#include "absl/status/status.h"
#include "client/settings/settings.h"
#include "grpcpp/support/status.h"

namespace stateserver::client {

struct CallFacts {
  // True if the server had sent a message before the end.
  bool heard = false;
  // True if the client cancelled the call by Interrupt().
  bool interrupted = false;
};

// Converts `status`; OK stays OK. May open a separate connection to find out why gRPC could not
// connect.
absl::Status FromGrpcStatus(const grpc::Status& status, const Settings& settings,
                            const CallFacts& facts);

}  // namespace stateserver::client
