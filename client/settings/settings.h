// SPDX-License-Identifier: Apache-2.0
//
// Where and how to reach the server: global flags, their STATESERVER_ twins, the
// current context, defaults; the first that names a value wins.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::client {

// One global flag: the key in contexts.yaml, from which "--tls-ca" and
// "STATESERVER_TLS_CA" follow.
struct SettingKey {
  std::string_view key;
  std::string_view placeholder;
  std::string_view summary;
  // Holds the path of a file: relative ones in a context are its folder's.
  bool is_path = false;
};

std::span<const SettingKey> SettingKeys();
std::string FlagOf(std::string_view key);         // "tls_ca" -> "--tls-ca"
std::string EnvironmentOf(std::string_view key);  // "tls_ca" -> "STATESERVER_TLS_CA"

// Values by key; only keys of SettingKeys().
using SettingValues = std::map<std::string, std::string>;

// Looks up an environment variable; nothing when it is unset or empty.
using GetEnv = std::function<std::optional<std::string>(const std::string& name)>;
GetEnv ProcessEnvironment();

enum class Format { kText, kJson };

struct Settings {
  std::string server = "127.0.0.1:7433";
  std::string gateway;
  Format format = Format::kText;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  // The bearer token itself, read from its file; empty: none.
  std::string token;
  // Seconds each call may take; 0: no limit.
  double timeout = 0;
  // The header `traceparent` of every call; empty: none.
  std::string trace_parent;

  bool tls() const { return !tls_ca.empty() || !tls_cert.empty() || !tls_key.empty(); }
};

// Checks every value, reads the token's file. The trace is that of the variable
// TRACEPARENT, as other tools set it, else a new one. Errors name the flag, variable or
// context the bad value came from: client errors SETTINGS_INVALID and
// INPUT_FILE_MISSING.
absl::StatusOr<Settings> ResolveSettings(const SettingValues& flags, const GetEnv& env,
                                         const SettingValues& context,
                                         std::string_view context_name);

}  // namespace stateserver::client
