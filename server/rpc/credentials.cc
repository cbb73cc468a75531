#include "server/rpc/credentials.h"

#include <string>

#include "server/rpc/peer.h"

namespace stateserver::rpc {
namespace {

// gRPC's names of what it found in a certificate.
constexpr const char* kCertificateNames[] = {"x509_subject_alternative_name", "x509_common_name"};

std::vector<std::string> CertificateNames(const grpc::ServerContext& context) {
  std::vector<std::string> names;
  auto transport = context.auth_context();
  if (transport == nullptr || !transport->IsPeerAuthenticated()) return names;
  for (const char* kind : kCertificateNames) {
    for (const grpc::string_ref& name : transport->FindPropertyValues(kind)) {
      names.emplace_back(name.data(), name.size());
    }
  }
  return names;
}

}  // namespace

auth::Credentials CredentialsOf(const grpc::ServerContext& context) {
  auth::Credentials out;
  auto [first, last] = context.client_metadata().equal_range("authorization");
  for (auto it = first; it != last; ++it) {
    out.authorization.emplace_back(it->second.data(), it->second.size());
  }
  out.certificate_names = CertificateNames(context);
  out.peer = PeerAddress(context.peer());
  out.unix_socket = out.peer == "unix";
  out.transport_name = Principal(context);
  return out;
}

}  // namespace stateserver::rpc
