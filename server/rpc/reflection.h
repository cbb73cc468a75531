// SPDX-License-Identifier: Apache-2.0
//
// grpc.reflection: tools such as grpcurl ask it which services there are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/impl/codegen/service_type.h"
#include "server/rpc/call.h"

namespace stateserver::rpc {

// The package of our services.
inline constexpr char kPackage[] = "stateserver.v1";

// The services v1 and v1alpha. Unlike the library's own they go through RunCall: where
// `auth` is on, nobody asks without credentials, and a stream that stays silent takes one
// of its principal's calls and ends with `stream_idle_timeout`.
//
// `names` are the full names of the services to list.
std::vector<std::unique_ptr<grpc::Service>> ReflectionServices(const RpcEnvironment& environment,
                                                               std::vector<std::string> names);

}  // namespace stateserver::rpc
