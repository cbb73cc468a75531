// What a call brings with it to say who makes it.
#pragma once

#include "grpcpp/server_context.h"
#include "server/auth/authenticator.h"

namespace stateserver::rpc {

auth::Credentials CredentialsOf(const grpc::ServerContext& context);

}  // namespace stateserver::rpc
