// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/file_checks.h"

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "common/process/spawn.h"
#include "server/platform/config/expand.h"

namespace stateserver::config {
namespace {

// libpq opens these files itself, and would wait for the writer of a FIFO.
void CheckConnectionFiles(const std::string& at, const StateConnection& connection,
                          Problems* problems) {
  struct File {
    const char* key;
    const std::optional<std::string>& path;
  };
  for (const File& file :
       {File{"sslrootcert", connection.sslrootcert}, File{"sslcert", connection.sslcert},
        File{"sslkey", connection.sslkey}}) {
    std::error_code ignored;
    if (!file.path || *file.path == "system" || !std::filesystem::exists(*file.path, ignored) ||
        std::filesystem::is_regular_file(*file.path, ignored)) {
      continue;
    }
    problems->Add(0, at + "." + file.key, "'" + *file.path + "' is not a regular file");
  }
}

void CheckPasswordCommand(const std::string& at, const StateConnection& connection,
                          Problems* problems) {
  if (connection.password_command.empty()) return;
  const std::string& program = connection.password_command.front();
  if (!FindProgram(program, ProcessEnvironment()("PATH").value_or("")).empty()) return;
  problems->Add(0, at + ".password_command",
                program.find('/') == std::string::npos
                    ? "no program '" + program + "' on the server's PATH"
                    : "'" + program + "' is not a program that the server's user can execute");
}

void CheckConnection(const std::string& at, const StateConnection& connection, Problems* problems) {
  CheckConnectionFiles(at, connection, problems);
  CheckPasswordCommand(at, connection, problems);
}

}  // namespace

void CheckFiles(const Config& config, Problems* problems) {
  for (const Gateway& gateway : config.gateways) {
    std::string at = "gateways." + gateway.name;
    if (gateway.state) CheckConnection(at + ".state_connection", *gateway.state, problems);
    if (gateway.read_replica) {
      CheckConnection(at + ".read_replica", gateway.read_replica->connection, problems);
    }
  }
}

}  // namespace stateserver::config
