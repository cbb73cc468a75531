// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/secret_files.h"

#include <cstdlib>
#include <string_view>

namespace stateserver::config {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

void AddStateFiles(const StateConnection& connection, std::vector<std::string>* files) {
  files->push_back(connection.path);
  for (const auto* path : {&connection.sslkey, &connection.sslcert}) {
    if (path->has_value()) files->push_back(**path);
  }
}

// libpq's files; see "The Password File" and "The Connection Service File" in its documentation.
void AddLibpqFiles(std::vector<std::string>* files) {
  for (const char* variable : {"PGPASSFILE", "PGSERVICEFILE"}) {
    const char* file = std::getenv(variable);
    if (file != nullptr) files->push_back(file);
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr) return;
  for (const char* name : {"/.pgpass", "/.pg_service.conf", "/.postgresql"}) {
    files->push_back(std::string(home) + name);
  }
}

}  // namespace

std::vector<std::string> SecretFiles(const Config& config) {
  std::vector<std::string> files = {config.file, config.tls.cert, config.tls.key,
                                    config.tls.client_ca, config.auth.tokens_file};
  if (config.auth.jwt) files.push_back(config.auth.jwt->jwks_file);
  for (const std::string& address :
       {config.listen, config.local_listen, config.proxy_listen, config.metrics_listen}) {
    if (address.starts_with(kUnixPrefix)) files.push_back(address.substr(kUnixPrefix.size()));
  }
  for (const Gateway& gateway : config.gateways) {
    if (gateway.state) AddStateFiles(*gateway.state, &files);
    if (gateway.read_replica) AddStateFiles(gateway.read_replica->connection, &files);
  }
  AddLibpqFiles(&files);
  std::erase_if(files, [](const std::string& file) { return !file.starts_with('/'); });
  return files;
}

}  // namespace stateserver::config
