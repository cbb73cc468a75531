// SPDX-License-Identifier: Apache-2.0
//
// Answers to requests that cannot be read.
#pragma once

#include "grpcpp/support/server_interceptor.h"

namespace stateserver::rpc {

// DamagedRequests turns the INTERNAL that gRPC gives a request which is no message of its method,
// or whose text is not UTF-8, into ARGUMENT_INVALID: no method ever sees such a request.
class DamagedRequests final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override;
};

}  // namespace stateserver::rpc
