// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/caller.h"

#include <arpa/inet.h>

#include <array>

#include "absl/strings/escaping.h"
#include "common/network_address.h"
#include "common/text.h"
#include "common/trace_parent.h"
#include "common/uuid.h"
#include "server/rpc/transport/certificate_names.h"

namespace stateserver::rpc {

namespace {

constexpr std::string_view kUnknown = "unknown";

std::string Header(const grpc::ServerContext& context, const char* name) {
  auto [first, last] = context.client_metadata().equal_range(name);
  // A proxy replaces its caller's header, so two values do not come from the proxy.
  if (first == last || std::next(first) != last) return "";
  return {first->second.data(), first->second.size()};
}

std::vector<std::string> ProxiedNames(const std::string& base64) {
  std::string der;
  if (base64.empty() || !absl::Base64Unescape(base64, &der)) return {};
  return transport::NamesInCertificate(der);
}

}  // namespace

std::string ProxiedPeer(std::string_view header) {
  HostPort parts = SplitHostPort(header);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const std::string port = parts.port.value_or("");
  if (!IsPort(port)) return std::string(kUnknown);
  if (inet_pton(AF_INET, parts.host.c_str(), address.data()) == 1) {
    return Cat(parts.host, ":", port);
  }
  if (inet_pton(AF_INET6, parts.host.c_str(), address.data()) == 1) {
    return Cat("[", parts.host, "]:", port);
  }
  return std::string(kUnknown);
}

Caller CallerOf(const grpc::ServerContext& context, const transport::ConnectionTable& connections) {
  Caller caller;
  caller.connection = connections.Find(context.peer());
  caller.peer = kUnknown;
  if (caller.connection == nullptr) return caller;
  if (caller.connection->via == transport::Via::kProxy) {
    caller.peer = ProxiedPeer(Header(context, kProxiedPeerHeader));
    caller.certificate_names = ProxiedNames(Header(context, kProxiedCertificateHeader));
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
