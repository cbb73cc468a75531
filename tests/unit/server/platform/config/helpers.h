// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the configuration share.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "server/platform/config/expand.h"
#include "server/platform/config/loader.h"

namespace stateserver::config {

inline Environment Variables(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline absl::StatusOr<Config> Parse(const std::string& text,
                                    std::map<std::string, std::string> variables = {}) {
  return ParseConfig(text, "/etc/ss/stateserver.yaml", Variables(std::move(variables)));
}

// The error's text without the folder, "" when there is none.
inline std::string ErrorOf(const std::string& text,
                           std::map<std::string, std::string> variables = {}) {
  auto config = Parse(text, std::move(variables));
  if (config.ok()) return "";
  std::string message(config.status().message());
  const std::string folder = "/etc/ss/";
  for (size_t at = message.find(folder); at != std::string::npos; at = message.find(folder)) {
    message.erase(at, folder.size());
  }
  return message;
}

// A file with one good gateway in lines 1 to 7, then `rest` from line 8.
inline std::string WithGateway(const std::string& rest) {
  return "gateways:\n"
         "  prod:\n"
         "    state_connection:\n"
         "      type: postgres\n"
         "      host: db\n"
         "      user: sqlmesh\n"
         "      database: state\n" +
         rest;
}

}  // namespace stateserver::config
