// SPDX-License-Identifier: Apache-2.0
//
// Why a server could not be reached, in a sentence a person can act on.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/settings/settings.h"

namespace stateserver::client {

// `grpc_message`: what gRPC said with UNAVAILABLE. `heard`: the server had
// answered before. SERVER_UNREACHABLE and TLS_FAILED are only given where the
// call surely never reached the server; else CONNECTION_LOST.
absl::Status ExplainUnavailable(const Settings& settings, const std::string& grpc_message,
                                bool heard);

}  // namespace stateserver::client
