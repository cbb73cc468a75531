// SPDX-License-Identifier: Apache-2.0
//
// Named contexts: sets of global flags kept in
// $XDG_CONFIG_HOME/stateclient/config.yaml (else ~/.config/stateclient/config.yaml).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/settings/settings.h"

namespace stateserver::client {

// current: prod
// contexts:
//   prod: {server: db:7433, gateway: prod, tls_ca: ca.crt}
struct Contexts {
  // Empty: none is in use.
  std::string current;
  std::map<std::string, SettingValues> named;

  // The values of the current context; none when there is none.
  SettingValues CurrentValues() const;
};

// Empty where neither XDG_CONFIG_HOME nor HOME is set.
std::filesystem::path ContextsFile(const GetEnv& env);

// A missing file holds no contexts. Relative paths in values are made those of
// the file's folder. Errors name file, line and key.
absl::StatusOr<Contexts> LoadContexts(const std::filesystem::path& file);
// Writes beside the file and renames, so that it is never half written.
absl::Status SaveContexts(const std::filesystem::path& file, const Contexts& contexts);

// Letters, digits, '.', '_', '-'; at most 64.
absl::Status CheckContextName(const std::string& name);

}  // namespace stateserver::client
