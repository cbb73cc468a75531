// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/error.h"

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

// What bind() says, 0 when it works.
int TryBind(const addrinfo& where) {
  Socket socket(where.ai_family);
  int on = 1;
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(socket.fd(), where.ai_addr, where.ai_addrlen) != 0) return errno;
  return listen(socket.fd(), 1) == 0 ? 0 : errno;
}

bool IsPort(const std::string& port) {
  return !port.empty() && port.size() <= 5 &&
         std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
         std::stoi(port) <= 65535;
}

}  // namespace

HostPort SplitHostPort(std::string_view address) {
  size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return {std::string(address), ""};
  std::string_view host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return {std::string(host), std::string(address.substr(colon + 1))};
}

absl::Status CheckListenAddress(const std::string& address) {
  if (IsUnixAddress(address)) return CheckUnix(address);
  HostPort parts = SplitHostPort(address);
  if (!IsPort(parts.port)) return Cannot(address, "it is not HOST:PORT with a port up to 65535");
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int error = getaddrinfo(parts.host.empty() ? nullptr : parts.host.c_str(), parts.port.c_str(),
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

}  // namespace stateserver::transport
