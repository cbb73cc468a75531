// SPDX-License-Identifier: Apache-2.0
//
// What a call brings with it to say who makes it.
#pragma once

#include "grpcpp/server_context.h"
#include "server/platform/auth/authenticator.h"
#include "server/rpc/caller.h"

namespace stateserver::rpc {

auth::Credentials CredentialsOf(const grpc::ServerContext& context, const Caller& caller);

}  // namespace stateserver::rpc
