// SPDX-License-Identifier: Apache-2.0
//
// The gRPC library's own messages in the form of the server's log.
#pragma once

#include "server/platform/telemetry/logger.h"

namespace stateserver::rpc {

// From now on gRPC writes its errors as log lines with the field
// component=grpc. Once per process, before the first server.
void RouteGrpcLog(telemetry::LogFormat format);

}  // namespace stateserver::rpc
