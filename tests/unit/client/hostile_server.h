// SPDX-License-Identifier: Apache-2.0
//
// A server that answers every method of the protocol with what would harm a careless client.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"

namespace stateserver::client {

// A text with a command to the terminal in C0, one in C1, and controls of direction.
extern const char kHostileText[];

class HostileServer {
 public:
  HostileServer();
  ~HostileServer();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // From now on every call fails, with kHostileText in each part of the error.
  void FailCalls(bool fail);
  // From now on the method, such as "Generate", answers with these messages. Every other one
  // answers with messages in which each text is kHostileText.
  void Answer(const std::string& method,
              const std::vector<const google::protobuf::Message*>& messages);

 private:
  class Service;
  class Reactor;

  std::vector<std::string> MessagesOf(const std::string& path);
  bool fails();

  std::mutex mutex_;
  bool fail_ = false;
  std::map<std::string, std::vector<std::string>> answers_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace stateserver::client
