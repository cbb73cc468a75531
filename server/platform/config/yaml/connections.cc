// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/connections.h"

#include <algorithm>
#include <charconv>

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

void CommonKeys(Section* section) {
  std::string type;
  section->Read("type", &type);
  for (const std::string& key : SqlmeshCommonConnectionKeys()) {
    section->NullIsAbsent(key);
    section->Unused(key);
  }
}

bool IsPort(std::string_view text) {
  int port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// True for one port, or as many as there are hosts.
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

void ReadOptional(Section* section, const std::string& key, std::optional<std::string>* out) {
  section->NullIsAbsent(key);
  section->Read(key, out);
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

// What is not there stays as it is, but for the host.
void ReadPostgresKeys(Section* section, StateConnection* out) {
  section->ReadRequired("host", &out->host);
  ReadPorts(section, out);
  ReadFilled(section, "user", &out->user);
  section->Read("password", &out->password);
  ReadFilled(section, "database", &out->database);
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

}  // namespace

StateConnection ReadPostgres(Section section) {
  StateConnection out;
  CommonKeys(&section);
  section.Require("user");
  section.Require("database");
  ReadPostgresKeys(&section, &out);
  section.Finish();
  return out;
}

ReadReplica ReadStandby(Section section, const StateConnection& primary) {
  ReadReplica out;
  out.connection = primary;
  out.connection.target_session_attrs = std::nullopt;
  ReadPostgresKeys(&section, &out.connection);
  section.ReadDuration("max_staleness", absl::ZeroDuration(), &out.max_staleness);
  section.Finish();
  return out;
}

StateConnection ReadEmbedded(Section section) {
  StateConnection out;
  out.type = StateConnection::Type::kEmbedded;
  CommonKeys(&section);
  section.ReadRequired("path", &out.path);
  section.Finish();
  return out;
}

Warehouse ReadStarRocks(Section section) {
  Warehouse out;
  out.type = "starrocks";
  CommonKeys(&section);
  section.ReadRequired("host", &out.host);
  section.NullIsAbsent("port");
  section.ReadInt("port", 1, 65535, &out.port);
  section.ReadRequired("user", &out.user);
  section.Read("password", &out.password);
  ReadOptional(&section, "database", &out.database);
  ReadOptional(&section, "charset", &out.charset);
  ReadOptional(&section, "collation", &out.collation);
  section.NullIsAbsent("ssl_disabled");
  section.Read("ssl_disabled", &out.ssl_disabled);
  section.Unused("local_infile");
  if (section.Has("run_mode")) {
    section.ReadOneOf("run_mode", {"shared_nothing", "shared_data"}, &out.run_mode.emplace());
  }
  section.Finish();
  return out;
}

}  // namespace stateserver::config
