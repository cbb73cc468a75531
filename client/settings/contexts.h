// SPDX-License-Identifier: Apache-2.0
//
// Named contexts: sets of global flags stored in $XDG_CONFIG_HOME/stateclient/config.yaml
// (otherwise ~/.config/stateclient/config.yaml).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/settings/settings.h"

namespace stateserver::client {

// Contexts holds the contents of the file:
//   current: prod
//   contexts:
//     prod: {server: db:7433, gateway: prod, tls_ca: ca.crt}
struct Contexts {
  // Empty if no context is in use.
  std::string current;
  std::map<std::string, SettingValues> named;

  // Returns the values of the current context; empty if there is none.
  SettingValues CurrentValues() const;
};

// Returns the file's path; empty if neither XDG_CONFIG_HOME nor HOME is set.
std::filesystem::path ContextsFile(const GetEnv& env);

// Reads the contexts. A missing file contains none. Relative paths in values are resolved against
// the file's folder. Errors name file, line and key.
absl::StatusOr<Contexts> LoadContexts(const std::filesystem::path& file);
// Parses the text of such a file; `file` appears in errors and provides the folder.
absl::StatusOr<Contexts> ParseContexts(const std::string& text, const std::filesystem::path& file);
// Returns the text that ParseContexts reads back.
std::string FormatContexts(const Contexts& contexts);
// Writes a temporary file and renames it, so that readers never see a partial file.
absl::Status SaveContexts(const std::filesystem::path& file, const Contexts& contexts);

// Checks a name: letters, digits, '.', '_', '-'; at most 64 characters.
absl::Status CheckContextName(const std::string& name);

}  // namespace stateserver::client
