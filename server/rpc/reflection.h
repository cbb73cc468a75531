// SPDX-License-Identifier: Apache-2.0
//
// The service grpc.reflection, which tools such as grpcurl use to list the services.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/impl/codegen/service_type.h"
#include "server/rpc/call.h"

namespace stateserver::rpc {

// The package of this project's services.
inline constexpr char kPackage[] = "stateserver.v1";

// Returns the services v1 and v1alpha. Unlike the library's own they use RunCall: with `auth`
// enabled they require credentials, and a silent stream counts as one of its principal's calls and
// ends with `stream_idle_timeout`.
//
// `names` are the full names of the services to list.
std::vector<std::unique_ptr<grpc::Service>> ReflectionServices(const RpcEnvironment& environment,
                                                               std::vector<std::string> names);

}  // namespace stateserver::rpc
