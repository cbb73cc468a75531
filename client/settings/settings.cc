// SPDX-License-Identifier: Apache-2.0

#include "client/settings/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "client/errors.h"
#include "common/regular_file.h"
#include "common/text.h"
#include "common/trace_parent.h"

namespace stateserver::client {
namespace {

constexpr std::array<SettingKey, 9> kKeys = {{
    {"server", "HOST:PORT", "the server (default 127.0.0.1:7433)"},
    {"gateway", "NAME", "the gateway (default: the server's)"},
    {"format", "text|json", "how results are printed (default text)"},
    {"tls_ca", "FILE", "trust servers whose certificate this authority signed", true},
    {"tls_cert", "FILE", "our certificate, if the server asks for one", true},
    {"tls_key", "FILE", "the key of our certificate", true},
    {"token_file", "FILE", "a file with the bearer token (or STATESERVER_TOKEN)", true},
    {"plaintext_token", "refuse|allow",
     "whether the token may go to another machine without TLS (default refuse)"},
    {"timeout", "SECONDS", "cancel a call after this time (default: never)"},
}};

// Found is a value and its origin, for messages.
struct Found {
  std::string value;
  std::string source;
};

class Lookup {
 public:
  Lookup(const SettingValues& flags, const GetEnv& env, const SettingValues& context,
         std::string_view context_name)
      : flags_(flags), env_(env), context_(context), context_name_(context_name) {}

  std::optional<Found> Find(const std::string& key) const {
    if (auto it = flags_.find(key); it != flags_.end()) return Found{it->second, FlagOf(key)};
    if (auto value = env_(EnvironmentOf(key))) return Found{*value, EnvironmentOf(key)};
    if (auto it = context_.find(key); it != context_.end()) {
      return Found{it->second, Cat(key, " of context '", context_name_, "'")};
    }
    return std::nullopt;
  }

  bool HasFlag(const std::string& key) const { return flags_.contains(key); }

 private:
  const SettingValues& flags_;
  const GetEnv& env_;
  const SettingValues& context_;
  std::string context_name_;
};

absl::Status Invalid(const Found& found, std::string_view expected) {
  return ClientError(ClientReason::SETTINGS_INVALID,
                     Cat("Invalid value for ", found.source, ": '", found.value, "' ", expected));
}

absl::Status ReadFormat(const Lookup& lookup, Settings* settings) {
  auto found = lookup.Find("format");
  if (!found || found->value == "text") return absl::OkStatus();
  if (found->value != "json") return Invalid(*found, "is not one of 'text', 'json'.");
  settings->format = Format::kJson;
  return absl::OkStatus();
}

absl::Status ReadPlaintextToken(const Lookup& lookup, Settings* settings) {
  auto found = lookup.Find("plaintext_token");
  if (!found || found->value == "refuse") return absl::OkStatus();
  if (found->value != "allow") return Invalid(*found, "is not one of 'refuse', 'allow'.");
  settings->plaintext_token = true;
  return absl::OkStatus();
}

absl::Status ReadTimeout(const Lookup& lookup, Settings* settings) {
  auto found = lookup.Find("timeout");
  if (!found) return absl::OkStatus();
  const std::string& text = found->value;
  auto result = std::from_chars(text.data(), text.data() + text.size(), settings->timeout);
  bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
  // One day less than 32 years, far below the overflow of nanoseconds in 64 bits.
  if (!whole || !(settings->timeout > 0) || settings->timeout > 1e9) {
    return Invalid(*found, "is not a number of seconds above 0.");
  }
  return absl::OkStatus();
}

// `status` is an error of ReadRegularFile.
absl::Status BadFile(const Found& found, const absl::Status& status) {
  return ClientError(ClientReason::INPUT_FILE_MISSING,
                     Cat("Invalid value for ", found.source, ": File '", found.value,
                         "' cannot be read: ", MessageOf(status), "."));
}

absl::Status ReadPath(const Lookup& lookup, const char* key, std::string* path) {
  auto found = lookup.Find(key);
  if (!found) return absl::OkStatus();
  absl::Status status = CheckRegularFile(found->value, kMaxPemBytes);
  if (!status.ok()) return BadFile(*found, status);
  *path = found->value;
  return absl::OkStatus();
}

absl::Status ReadTls(const Lookup& lookup, Settings* settings) {
  RETURN_IF_ERROR(ReadPath(lookup, "tls_ca", &settings->tls_ca));
  RETURN_IF_ERROR(ReadPath(lookup, "tls_cert", &settings->tls_cert));
  RETURN_IF_ERROR(ReadPath(lookup, "tls_key", &settings->tls_key));
  if (settings->tls_cert.empty() != settings->tls_key.empty()) {
    return ClientError(ClientReason::SETTINGS_INVALID,
                       "--tls-cert and --tls-key belong together: give both or neither.");
  }
  return absl::OkStatus();
}

absl::Status CheckToken(const std::string& token, std::string_view source) {
  bool clean =
      std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!token.empty() && clean) return absl::OkStatus();
  return ClientError(ClientReason::SETTINGS_INVALID,
                     Cat("No usable token in ", source,
                         ": it must be one line of printable characters without spaces."));
}

absl::Status ReadTokenFile(const Found& found, std::string* token) {
  auto text = ReadRegularFile(found.value, kMaxConfigBytes);
  if (!text.ok()) return BadFile(found, text.status());
  *token = text->substr(0, text->find('\n'));
  absl::StripTrailingAsciiWhitespace(token);
  return CheckToken(*token, Cat("'", found.value, "' (", found.source, ")"));
}

// Order of precedence: the flag, which names a file; the variable STATESERVER_TOKEN; the variable
// that names a file; the context.
absl::Status ReadToken(const Lookup& lookup, const GetEnv& env, Settings* settings) {
  auto direct = env("STATESERVER_TOKEN");
  if (direct && !lookup.HasFlag("token_file")) {
    settings->token = *direct;
    return CheckToken(*direct, "STATESERVER_TOKEN");
  }
  auto found = lookup.Find("token_file");
  return found ? ReadTokenFile(*found, &settings->token) : absl::OkStatus();
}

}  // namespace

std::span<const SettingKey> SettingKeys() { return kKeys; }

std::string FlagOf(std::string_view key) {
  std::string out = Cat("--", key);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

std::string EnvironmentOf(std::string_view key) { return Cat("STATESERVER_", Upper(key)); }

GetEnv ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

absl::StatusOr<Settings> ResolveSettings(const SettingValues& flags, const GetEnv& env,
                                         const SettingValues& context,
                                         std::string_view context_name) {
  Lookup lookup(flags, env, context, context_name);
  Settings settings;
  RETURN_IF_ERROR(ReadFormat(lookup, &settings));
  if (auto found = lookup.Find("server")) settings.server = found->value;
  if (settings.server.empty()) {
    return ClientError(ClientReason::SETTINGS_INVALID, "The server's address is empty.",
                       "Give --server HOST:PORT.");
  }
  if (auto found = lookup.Find("gateway")) settings.gateway = found->value;
  RETURN_IF_ERROR(ReadTimeout(lookup, &settings));
  RETURN_IF_ERROR(ReadTls(lookup, &settings));
  RETURN_IF_ERROR(ReadToken(lookup, env, &settings));
  RETURN_IF_ERROR(ReadPlaintextToken(lookup, &settings));
  settings.trace_parent = NewTraceParent(TraceIdOf(env("TRACEPARENT").value_or("")));
  return settings;
}

}  // namespace stateserver::client
