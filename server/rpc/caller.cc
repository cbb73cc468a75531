// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/caller.h"

#include "common/trace_parent.h"
#include "common/uuid.h"
#include "server/rpc/transport/proxied_caller.h"

namespace stateserver::rpc {

namespace {

constexpr std::string_view kUnknown = "unknown";

std::string Header(const grpc::ServerContext& context, const char* name) {
  auto [first, last] = context.client_metadata().equal_range(name);
  // A proxy replaces its caller's header, so two values do not come from the proxy.
  if (first == last || std::next(first) != last) return "";
  return {first->second.data(), first->second.size()};
}

}  // namespace

Caller CallerOf(const grpc::ServerContext& context, const transport::ConnectionTable& connections) {
  Caller caller;
  caller.connection = connections.Find(context.peer());
  caller.peer = kUnknown;
  if (caller.connection == nullptr) return caller;
  if (caller.connection->via == transport::Via::kProxy) {
    caller.peer = transport::ProxiedPeer(Header(context, transport::kProxiedPeerHeader));
    caller.certificate_names =
        transport::ProxiedNames(Header(context, transport::kProxiedCertificateHeader));
    return caller;
  }
  caller.peer = caller.connection->peer;
  caller.certificate_names = caller.connection->certificate_names;
  caller.unix_socket = caller.connection->via == transport::Via::kLocal;
  return caller;
}

std::string TraceId(const grpc::ServerContext& context) {
  auto found = context.client_metadata().find("traceparent");
  if (found != context.client_metadata().end()) {
    std::string id = TraceIdOf({found->second.data(), found->second.size()});
    if (!id.empty()) return id;
  }
  return NewHexId();
}

auth::Credentials CredentialsOf(const grpc::ServerContext& context, const Caller& caller) {
  auth::Credentials out;
  auto [first, last] = context.client_metadata().equal_range("authorization");
  for (auto it = first; it != last; ++it) {
    out.authorization.emplace_back(it->second.data(), it->second.size());
  }
  out.certificate_names = caller.certificate_names;
  out.peer = caller.peer;
  out.unix_socket = caller.unix_socket;
  return out;
}

}  // namespace stateserver::rpc
