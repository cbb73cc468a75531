// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/listening_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/error.h"
#include "common/network_address.h"
#include "common/text.h"

namespace stateserver::transport {

namespace {

class Socket {
 public:
  explicit Socket(int family) : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

absl::Status Cannot(const std::string& address, const std::string& why) {
  return Error(Reason::ARGUMENT_INVALID, "Cannot listen on " + address + ": " + why + ".",
               "Choose another address with --listen HOST:PORT, or stop what uses this one.",
               {{"field", "listen"}});
}

absl::Status CheckUnix(const std::string& address) {
  std::string path = address.substr(kUnixPrefix.size());
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(name.sun_path)) {
    return Cannot(address, "the path of a unix socket has 1 to 107 bytes");
  }
  std::memcpy(name.sun_path, path.data(), path.size());
  Socket probe(AF_UNIX);
  if (connect(probe.fd(), reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0) {
    return Cannot(address, "another process listens there");
  }
  if (errno != ENOENT && errno != ECONNREFUSED) return Cannot(address, std::strerror(errno));
  std::string folder = path.substr(0, path.find_last_of('/') + 1);
  if (access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) {
    return Cannot(address, folder + ": " + std::strerror(errno));
  }
  return absl::OkStatus();
}

// Returns the errno of bind(), or 0 on success.
int TryBind(const addrinfo& where) {
  Socket socket(where.ai_family);
  int on = 1;
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(socket.fd(), where.ai_addr, where.ai_addrlen) != 0) return errno;
  return listen(socket.fd(), 1) == 0 ? 0 : errno;
}

constexpr int kBacklog = 1024;
constexpr int kKeepaliveIdleSeconds = 60;
constexpr int kKeepaliveIntervalSeconds = 15;
constexpr int kKeepaliveProbes = 4;
constexpr int kUnacknowledgedMs = 90'000;

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::Status NotListening(const std::string& address, int error) {
  return Error(Reason::ARGUMENT_INVALID,
               Cat("Cannot listen on ", address, ": ", std::strerror(error), "."),
               "Choose another address with --listen HOST:PORT, or stop what uses this one.",
               {{"field", "listen"}});
}

void Set(int socket, int level, int option, int value) {
  setsockopt(socket, level, option, &value, sizeof value);
}

FileDescriptor NewSocket(int family) {
  return FileDescriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Returns 0 or an errno.
int BindAndListen(const FileDescriptor& socket, const sockaddr* address, socklen_t length) {
  if (bind(socket.get(), address, length) != 0) return errno;
  return listen(socket.get(), kBacklog) == 0 ? 0 : errno;
}

int PortOf(int socket) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length);
  // The port is at the same offset in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

void SetPort(addrinfo* address, int port) {
  reinterpret_cast<sockaddr_in*>(address->ai_addr)->sin_port = htons(static_cast<uint16_t>(port));
}

absl::StatusOr<ListeningSockets> ListenOnUnix(const std::string& address) {
  ListeningSockets out;
  out.unix_path = address.substr(kUnixPrefix.size());
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, out.unix_path.data(), out.unix_path.size());
  unlink(out.unix_path.c_str());  // CheckListenAddress has verified that no process listens there
  FileDescriptor socket = NewSocket(AF_UNIX);
  int error = BindAndListen(socket, reinterpret_cast<sockaddr*>(&name), sizeof name);
  if (error != 0) return NotListening(address, error);
  out.sockets.push_back(std::move(socket));
  return out;
}

// Returns EAFNOSUPPORT if the machine does not support the family.
int ListenOne(addrinfo* one, bool every_interface, FileDescriptor* socket) {
  *socket = NewSocket(one->ai_family);
  if (!socket->open()) return errno;
  Set(socket->get(), SOL_SOCKET, SO_REUSEADDR, 1);
  // [::] also accepts IPv4 if no host is named; otherwise 0.0.0.0 has its own socket.
  if (one->ai_family == AF_INET6)
    Set(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, every_interface ? 0 : 1);
  return BindAndListen(*socket, one->ai_addr, one->ai_addrlen);
}

absl::StatusOr<Addresses> Resolve(const std::string& address, const HostPort& parts) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  std::string host = parts.host.empty() ? "::" : parts.host;
  int error = getaddrinfo(host.c_str(), parts.port->c_str(), &hints, &found);
  if (error != 0 && parts.host.empty()) {
    error = getaddrinfo("0.0.0.0", parts.port->c_str(), &hints, &found);
  }
  if (error != 0) {
    return Error(Reason::ARGUMENT_INVALID,
                 Cat("Cannot listen on ", address, ": ", gai_strerror(error), "."),
                 "Choose another address with --listen HOST:PORT.", {{"field", "listen"}});
  }
  return Addresses(found, freeaddrinfo);
}

// Returns OK if the address can be bound now, otherwise one sentence with the reason. The gRPC
// library reports no reason and takes a unix socket away from a live server. `address` is as in
// ServerOptions::listen.
absl::Status CheckListenAddress(const std::string& address) {
  if (IsUnixAddress(address)) return CheckUnix(address);
  HostPort parts = SplitHostPort(address);
  if (!IsPort(parts.port.value_or("")))
    return Cannot(address, "it is not HOST:PORT with a port up to 65535");
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int error = getaddrinfo(parts.host.empty() ? nullptr : parts.host.c_str(), parts.port->c_str(),
                          &hints, &found);
  if (error != 0) return Cannot(address, gai_strerror(error));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  int why = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    why = TryBind(*one);
    if (why == EADDRINUSE) break;
    if (why == 0) return absl::OkStatus();
  }
  return Cannot(address, std::strerror(why));
}

}  // namespace

absl::StatusOr<ListeningSockets> Listen(const std::string& address) {
  RETURN_IF_ERROR(CheckListenAddress(address));
  if (IsUnixAddress(address)) return ListenOnUnix(address);
  HostPort parts = SplitHostPort(address);
  ASSIGN_OR_RETURN(Addresses addresses, Resolve(address, parts));
  ListeningSockets out;
  int error = 0;
  for (addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    if (out.port != 0) SetPort(one, out.port);  // all addresses of a name share one port
    FileDescriptor socket;
    error = ListenOne(one, parts.host.empty(), &socket);
    if (error == EADDRINUSE) break;
    if (error != 0) continue;
    out.port = PortOf(socket.get());
    out.sockets.push_back(std::move(socket));
  }
  if (out.sockets.empty() || error == EADDRINUSE) return NotListening(address, error);
  return out;
}

std::string PeerOf(int socket) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto* four = reinterpret_cast<const sockaddr_in*>(&peer);
  if (peer.ss_family == AF_INET) {
    inet_ntop(AF_INET, &four->sin_addr, text.data(), text.size());
    return Cat(text.data(), ":", ntohs(four->sin_port));
  }
  if (peer.ss_family != AF_INET6) return "unix";
  const auto* six = reinterpret_cast<const sockaddr_in6*>(&peer);
  if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
    inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, text.data(), text.size());
    return Cat(text.data(), ":", ntohs(six->sin6_port));
  }
  inet_ntop(AF_INET6, &six->sin6_addr, text.data(), text.size());
  return Cat("[", text.data(), "]:", ntohs(six->sin6_port));
}

void SetNetworkTimeouts(int socket) {
  Set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  Set(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  Set(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
  Set(socket, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
  Set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMs);
}

}  // namespace stateserver::transport
