// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/damaged_requests.h"

#include "common/error.h"
#include "server/rpc/status.h"

namespace stateserver::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;

class DamagedRequest final : public grpc::experimental::Interceptor {
 public:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      grpc::Status status = methods->GetSendStatus();
      // An INTERNAL of our own has details.
      if (status.error_code() == grpc::StatusCode::INTERNAL && status.error_details().empty()) {
        methods->ModifySendStatus(ToGrpcStatus(
            Error(Reason::ARGUMENT_INVALID,
                  "The request is not a message of this method, or a text in it is not UTF-8.",
                  "Make requests from the .proto files of this release.")));
      }
    }
    methods->Proceed();
  }
};

}  // namespace

grpc::experimental::Interceptor* DamagedRequests::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo*) {
  return new DamagedRequest();
}

}  // namespace stateserver::rpc
