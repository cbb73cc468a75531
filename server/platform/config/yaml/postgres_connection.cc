// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/postgres_connection.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "common/text.h"
#include "server/platform/config/conninfo.h"
#include "server/platform/config/sqlmesh_keys.h"

namespace stateserver::config {

namespace {

constexpr int kMaxSeconds = 86'400;

const std::set<std::string>& SslModes() {
  static const std::set<std::string> modes = {"disable", "allow",     "prefer",
                                              "require", "verify-ca", "verify-full"};
  return modes;
}

const std::set<std::string>& SessionAttributes() {
  static const std::set<std::string> attributes = {"any",     "read-write", "read-only",
                                                   "primary", "standby",    "prefer-standby"};
  return attributes;
}

bool IsPort(std::string_view text) {
  int port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// Returns true for one port, or for as many ports as hosts.
bool ArePorts(std::string_view ports, std::string_view hosts) {
  auto count = [](std::string_view list) { return 1 + std::count(list.begin(), list.end(), ','); };
  if (count(ports) != 1 && count(ports) != count(hosts)) return false;
  while (true) {
    size_t comma = ports.find(',');
    if (!IsPort(ports.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    ports.remove_prefix(comma + 1);
  }
}

void ReadPorts(Section* section, StateConnection* out) {
  section->Read("port", &out->port);
  if (ArePorts(out->port, out->host)) return;
  section->Complain("port",
                    "expected a port from 1 to 65535, or one for each host separated by commas");
}

void ReadOptionalOneOf(Section* section, const std::string& key,
                       const std::set<std::string>& choices, std::optional<std::string>* out) {
  section->NullIsAbsent(key);
  std::string text;
  section->ReadOneOf(key, choices, &text);
  if (!text.empty()) *out = text;
}

void ReadRole(Section* section, StateConnection* out) {
  ReadOptional(section, "role", &out->role);
  if (out->role && !IsRoleName(*out->role)) {
    section->Complain("role", "expected the name of a role, in double quotes unless it is plain");
  }
}

void ReadTimeouts(Section* section, StateConnection* out) {
  section->ReadInt("connect_timeout", 0, kMaxSeconds, &out->connect_timeout_seconds);
  section->NullIsAbsent("keepalives_idle");
  if (!section->Has("keepalives_idle")) return;
  int idle = 0;
  section->ReadInt("keepalives_idle", 0, kMaxSeconds, &idle);
  out->keepalives_idle_seconds = idle;
}

void ReadFilled(Section* section, const std::string& key, std::string* out) {
  if (section->Has(key)) section->ReadRequired(key, out);
}

// Reads `password` or `password_command`; either replaces an inherited one.
void ReadPassword(Section* section, StateConnection* out) {
  Secret password;
  section->Read("password", &password);
  section->ReadWords("password_command", "[aws, rds, generate-db-auth-token]",
                     &out->password_command);
  if (section->Has("password_command")) {
    out->password = Secret();
    if (!password.value.empty()) {
      section->Complain("password_command", "excludes a password; remove one of the two");
    }
  } else if (section->Has("password")) {
    out->password = std::move(password);
    out->password_command.clear();
  }
  section->ReadDuration("password_command_ttl", absl::ZeroDuration(), &out->password_command_ttl);
  section->ReadDuration("password_command_timeout", absl::Seconds(1),
                        &out->password_command_timeout);
  for (const char* key : {"password_command_ttl", "password_command_timeout"}) {
    if (!section->Has(key) || !out->password_command.empty()) continue;
    section->Complain(key, "needs password_command");
  }
}

// Missing keys keep their values, except for the host.
void ReadPostgresKeys(Section* section, const std::string& database_key, StateConnection* out) {
  section->ReadRequired("host", &out->host);
  ReadPorts(section, out);
  ReadFilled(section, "user", &out->user);
  ReadPassword(section, out);
  ReadFilled(section, database_key, &out->database);
  ReadOptionalOneOf(section, "sslmode", SslModes(), &out->sslmode);
  ReadOptional(section, "sslrootcert", &out->sslrootcert);
  ReadOptional(section, "sslcert", &out->sslcert);
  ReadOptional(section, "sslkey", &out->sslkey);
  ReadOptionalOneOf(section, "target_session_attrs", SessionAttributes(),
                    &out->target_session_attrs);
  ReadOptional(section, "application_name", &out->application_name);
  ReadRole(section, out);
  ReadTimeouts(section, out);
}

// Keys for the connector of Google, which SQLMesh uses instead of an address.
constexpr const char* kConnectorKeys[] = {"ip_type", "keyfile", "keyfile_json",
                                          "timeout", "scopes",  "driver"};

}  // namespace

void ReadCommonKeys(Section* section) {
  std::string type;
  section->Read("type", &type);
  for (const std::string& key : SqlmeshCommonConnectionKeys()) {
    section->NullIsAbsent(key);
    section->Unused(key);
  }
}

void ReadOptional(Section* section, const std::string& key, std::optional<std::string>* out) {
  section->NullIsAbsent(key);
  section->Read(key, out);
}

StateConnection ReadPostgres(Section section) {
  StateConnection out;
  ReadCommonKeys(&section);
  section.Require("user");
  section.Require("database");
  ReadPostgresKeys(&section, "database", &out);
  section.Finish();
  return out;
}

StateConnection ReadGcpPostgres(Section section) {
  StateConnection out;
  ReadCommonKeys(&section);
  section.Require("user");
  section.Require("db");
  for (const char* key : kConnectorKeys) section.NullIsAbsent(key);
  for (const char* key : {"enable_iam_auth", "password"}) section.NullIsAbsent(key);
  for (const char* key : kConnectorKeys) section.Unused(key);
  section.Unused("instance_connection_string");
  section.Unused("enable_iam_auth");
  ReadPostgresKeys(&section, "db", &out);
  section.Finish();
  return out;
}

std::string GcpPostgresHint(Section* section) {
  std::string instance = "INSTANCE";
  section->Read("instance_connection_string", &instance);
  section->NullIsAbsent("enable_iam_auth");
  bool iam = false;
  section->Read("enable_iam_auth", &iam);
  return Cat("Run `cloud-sql-proxy ", iam ? "--auto-iam-authn " : "", instance,
             "` and add the `host` and `port` of the proxy to the block, or add the address of the "
             "instance and a `password_command` (docs/configuration.md).");
}

ReadReplica ReadStandby(Section section, const StateConnection& primary) {
  ReadReplica out;
  out.connection = primary;
  out.connection.target_session_attrs = std::nullopt;
  ReadPostgresKeys(&section, "database", &out.connection);
  section.ReadDuration("max_staleness", absl::ZeroDuration(), &out.max_staleness);
  section.Finish();
  return out;
}

}  // namespace stateserver::config
