// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/server/rpc/transport/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

namespace stateserver::transport {

std::string HttpGet(int port, const std::string& path) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string response;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    ssize_t sent = send(fd, request.data(), request.size(), 0);
    char buffer[4096];
    ssize_t got = 0;
    while (sent > 0 && (got = recv(fd, buffer, sizeof(buffer), 0)) > 0)
      response.append(buffer, got);
  }
  close(fd);
  return response;
}

}  // namespace stateserver::transport
