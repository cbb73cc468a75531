// SPDX-License-Identifier: Apache-2.0
//
// The settings for reaching the server, in order of precedence: global flags, their STATESERVER_
// variables, the current context, defaults.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::client {

// SettingKey is one global flag, named by its key in contexts.yaml, from which "--tls-ca" and
// "STATESERVER_TLS_CA" are derived.
struct SettingKey {
  std::string_view key;
  std::string_view placeholder;
  std::string_view summary;
  // True for a file path; relative paths in a context are resolved against the folder of its file.
  bool is_path = false;
};

std::span<const SettingKey> SettingKeys();
std::string FlagOf(std::string_view key);         // "tls_ca" -> "--tls-ca"
std::string EnvironmentOf(std::string_view key);  // "tls_ca" -> "STATESERVER_TLS_CA"

// SettingValues holds values by key; only keys of SettingKeys().
using SettingValues = std::map<std::string, std::string>;

// GetEnv looks up an environment variable. Returns nullopt if it is unset or empty.
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
  // The bearer token itself, read from its file; empty if unused.
  std::string token;
  // True if the token may be sent without TLS to a server on another machine.
  bool plaintext_token = false;
  // Maximum duration of each call in seconds; 0 means no limit.
  double timeout = 0;
  // The header `traceparent` of every call; empty if unused.
  std::string trace_parent;

  bool tls() const { return !tls_ca.empty() || !tls_cert.empty() || !tls_key.empty(); }
};

// Validates every value and reads the token's file. The trace is that of the variable TRACEPARENT,
// which other tools set, otherwise a new one. Errors name the flag, variable or context of the
// invalid value: client errors SETTINGS_INVALID and INPUT_FILE_MISSING.
absl::StatusOr<Settings> ResolveSettings(const SettingValues& flags, const GetEnv& env,
                                         const SettingValues& context,
                                         std::string_view context_name);

}  // namespace stateserver::client
