// SPDX-License-Identifier: Apache-2.0

#include "connection.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace example {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr int kAttempts = 10;
constexpr Seconds kFirstPause(0.2);
constexpr Seconds kLongestPause(10);

std::string Variable(const char* name, std::string otherwise = "") {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

std::shared_ptr<grpc::ChannelCredentials> Credentials() {
  std::string path = Variable("STATESERVER_TLS_CA");
  if (path.empty()) return grpc::InsecureChannelCredentials();
  std::ostringstream authorities;
  authorities << std::ifstream(path).rdbuf();
  if (authorities.str().empty()) {
    std::cerr << "cannot read STATESERVER_TLS_CA, " << path << '\n';
    std::exit(1);
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authorities.str();
  return grpc::SslCredentials(options);
}

bool IsOnThisMachine(std::string_view address) {
  return address.starts_with("127.0.0.1:") || address.starts_with("[::1]:") ||
         address.starts_with("unix:");
}

// CANCELLED that nobody asked for, as UNAVAILABLE, means that nothing happened.
bool MayRetry(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::CANCELLED;
}

}  // namespace

std::shared_ptr<grpc::Channel> Connect() {
  std::string address = Variable("STATESERVER_SERVER", "127.0.0.1:7433");
  grpc::ChannelArguments arguments;
  if (Variable("STATESERVER_TLS_CA").empty()) {
    if (!Variable("STATESERVER_TOKEN").empty() && !IsOnThisMachine(address)) {
      std::cerr << "without TLS, the token is sent only to this machine: set STATESERVER_TLS_CA\n";
      std::exit(1);
    }
    // A proxy of the environment could read the token, too.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  }
  return grpc::CreateCustomChannel(address, Credentials(), arguments);
}

std::unique_ptr<grpc::ClientContext> NewContext() {
  auto context = std::make_unique<grpc::ClientContext>();
  std::string token = Variable("STATESERVER_TOKEN");
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

grpc::Status Retrying(const std::function<grpc::Status()>& call) {
  std::mt19937 random(std::random_device{}());
  Seconds pause = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    grpc::Status status = call();
    if (!MayRetry(status) || attempt == kAttempts) return status;
    std::this_thread::sleep_for(pause * std::uniform_real_distribution<>(0.5, 1)(random));
    pause = std::min(pause * 2, kLongestPause);
  }
}

int Failed(const grpc::Status& status) {
  std::cerr << status.error_message() << '\n';
  return 1;
}

}  // namespace example
