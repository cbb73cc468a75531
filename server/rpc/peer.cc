#include "server/rpc/peer.h"

#include <cstdio>

#include "common/trace_parent.h"
#include "common/uuid.h"

namespace stateserver::rpc {
namespace {

constexpr std::string_view kUnix = "unix";

// gRPC writes an IPv6 address' brackets as %5B and %5D.
std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::sscanf(std::string(text.substr(i + 1, 2)).c_str(), "%2x", &byte) == 1) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string WithoutPort(const std::string& address) {
  if (address == kUnix) return "local";
  size_t colon = address.rfind(':');
  return colon == std::string::npos ? address : address.substr(0, colon);
}

}  // namespace

std::string PeerAddress(std::string_view grpc_peer) {
  if (grpc_peer.rfind(kUnix, 0) == 0) return std::string(kUnix);
  for (std::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (grpc_peer.rfind(scheme, 0) == 0) return PercentDecoded(grpc_peer.substr(scheme.size()));
  }
  return std::string(grpc_peer);
}

std::string Principal(const grpc::ServerContext& context) {
  auto auth = context.auth_context();
  if (auth != nullptr && auth->IsPeerAuthenticated()) {
    auto identity = auth->GetPeerIdentity();
    if (!identity.empty()) return std::string(identity.front().data(), identity.front().size());
  }
  return WithoutPort(PeerAddress(context.peer()));
}

std::string TraceId(const grpc::ServerContext& context) {
  auto found = context.client_metadata().find("traceparent");
  if (found != context.client_metadata().end()) {
    std::string id = TraceIdOf({found->second.data(), found->second.size()});
    if (!id.empty()) return id;
  }
  return NewHexId();
}

}  // namespace stateserver::rpc
