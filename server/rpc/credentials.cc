// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/credentials.h"

namespace stateserver::rpc {

auth::Credentials CredentialsOf(const grpc::ServerContext& context, const Caller& caller) {
  auth::Credentials out;
  auto [first, last] = context.client_metadata().equal_range("authorization");
  for (auto it = first; it != last; ++it) {
    out.authorization.emplace_back(it->second.data(), it->second.size());
  }
  out.certificate_names = caller.certificate_names;
  out.peer = caller.peer;
  out.unix_socket = caller.unix_socket;
  out.transport_name = caller.TransportName();
  return out;
}

}  // namespace stateserver::rpc
