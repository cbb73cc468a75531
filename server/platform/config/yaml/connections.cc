// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/connections.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "common/text.h"
#include "server/platform/config/conninfo.h"
#include "server/platform/config/problems.h"
#include "server/platform/config/sqlmesh_keys.h"
#include "server/platform/config/warehouse_url.h"

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

// Missing keys keep their values, except for the host.
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

// Returns the connection's type, or "" after reporting that it is missing or unknown.
std::string ReadType(Section* connection, bool may_be_embedded) {
  std::string type;
  connection->Require("type");
  connection->Read("type", &type);
  auto known = SqlmeshConnectionTypes();
  if (may_be_embedded) known.insert("embedded");
  if (type.empty() || known.contains(type)) return type;
  std::string meant = Suggest(type, known);
  connection->Complain("type", "No connection type named '" + type + "'." +
                                   (meant.empty() ? "" : " Did you mean '" + meant + "'?"));
  return "";
}

// Lists a connection without effect as unused and ignores its keys.
void LeaveUnused(const Section& connection, const std::string& type) {
  connection.reading().unused_keys->push_back(connection.path() + " (" + type + ")");
}

// Reads all keys of SQLMesh's postgres connection, and libpq's sslrootcert, sslcert, sslkey and
// target_session_attrs. The port is optional (5432), and so is the password (libpq then reads
// ~/.pgpass).
StateConnection ReadPostgres(Section section) {
  StateConnection out;
  CommonKeys(&section);
  section.Require("user");
  section.Require("database");
  ReadPostgresKeys(&section, &out);
  section.Finish();
  return out;
}

// Reads `path`, the only key. A relative path stays relative.
StateConnection ReadEmbedded(Section section) {
  StateConnection out;
  out.type = StateConnection::Type::kEmbedded;
  CommonKeys(&section);
  section.ReadRequired("path", &out.path);
  section.Finish();
  return out;
}

void ReadStateConnection(Section connection, Gateway* gateway) {
  std::string type = ReadType(&connection, /*may_be_embedded=*/true);
  if (type == "postgres") {
    gateway->state = ReadPostgres(std::move(connection));
  } else if (type == "embedded") {
    gateway->state = ReadEmbedded(std::move(connection));
  } else if (!type.empty()) {
    gateway->unsupported_state_type = type;
    LeaveUnused(connection, type);
  }
}

// Reads all keys of SQLMesh's starrocks connection.
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

void ReadConnection(Section connection, Gateway* gateway) {
  bool holds_state = !gateway->state && gateway->unsupported_state_type.empty();
  std::string type = ReadType(&connection, /*may_be_embedded=*/false);
  if (type == "starrocks") {
    gateway->warehouse = ReadStarRocks(std::move(connection));
  } else if (type == "postgres" && holds_state) {
    gateway->state = ReadPostgres(std::move(connection));
  } else if (!type.empty()) {
    if (holds_state) gateway->unsupported_state_type = type;
    gateway->warehouse = Warehouse();
    gateway->warehouse->type = type;
    LeaveUnused(connection, type);
  }
}

void ReadStateSchema(Section* section, Gateway* gateway) {
  section->Read("state_schema", &gateway->state_schema);
  if (gateway->state_schema.empty()) {
    section->Complain("state_schema",
                      "must not be empty; name the schema that holds the tables (where SQLMesh "
                      "has none it is the first of the role's search_path, usually public)");
  }
}

// SQLMesh's optional keys may be null.
void DropNulls(Section* section) {
  section->NullIsAbsent("connection");
  section->NullIsAbsent("state_connection");
  for (const std::string& key : SqlmeshUnusedGatewayKeys()) section->NullIsAbsent(key);
}

// Reads `connection: starrocks://…`.
void ReadConnectionUrl(Section* section, Gateway* gateway) {
  std::string url;
  section->Read("connection", &url);
  if (url.empty()) return;
  auto warehouse = ParseWarehouseUrl(url);
  if (warehouse.ok()) {
    gateway->warehouse = *std::move(warehouse);
  } else {
    section->Complain("connection", std::string(warehouse.status().message()));
  }
}

// Reads a hot standby: the keys of ReadPostgres, and max_staleness. Missing keys default to those
// of `primary`; only `host` is required.
ReadReplica ReadStandby(Section section, const StateConnection& primary) {
  ReadReplica out;
  out.connection = primary;
  out.connection.target_session_attrs = std::nullopt;
  ReadPostgresKeys(&section, &out.connection);
  section.ReadDuration("max_staleness", absl::ZeroDuration(), &out.max_staleness);
  section.Finish();
  return out;
}

void ReadReplicaAndPooler(Section* section, Gateway* gateway) {
  bool has_primary = gateway->state && gateway->state->type == StateConnection::Type::kPostgres;
  for (const char* key : {"read_replica", "pool_mode"}) {
    if (!section->Has(key) || has_primary) continue;
    section->Complain(key, "needs a state_connection of type postgres");
    section->Known(key);
  }
  if (!has_primary) return;
  if (auto replica = section->ReadSection("read_replica")) {
    gateway->read_replica = ReadStandby(std::move(*replica), *gateway->state);
  }
  std::string mode = "none";
  section->ReadOneOf("pool_mode", {"none", "session"}, &mode);
  if (mode == "session") gateway->pool_mode = PoolMode::kSession;
}

Gateway ReadGateway(Section section, const std::string& name) {
  Gateway gateway;
  gateway.name = name;
  DropNulls(&section);
  if (!section.Has("state_connection") && !section.Has("connection")) {
    section.reading().problems->Add(section.line(), section.path(),
                                    "needs a state_connection or a connection");
  }
  if (auto state = section.ReadSection("state_connection")) {
    ReadStateConnection(std::move(*state), &gateway);
  }
  bool state_is_wrong =
      section.Has("state_connection") && !gateway.state && gateway.unsupported_state_type.empty();
  if (section.IsText("connection")) {
    ReadConnectionUrl(&section, &gateway);
  } else if (auto connection = section.ReadSection("connection"); connection && !state_is_wrong) {
    ReadConnection(std::move(*connection), &gateway);
  }
  ReadStateSchema(&section, &gateway);
  ReadReplicaAndPooler(&section, &gateway);
  for (const std::string& key : SqlmeshUnusedGatewayKeys()) section.Unused(key);
  section.Finish();
  return gateway;
}

bool IsOneGateway(const Section& section) {
  return section.Has("connection") || section.Has("state_connection");
}

}  // namespace

std::vector<Gateway> ReadGateways(Section section) {
  if (IsOneGateway(section)) return {ReadGateway(std::move(section), "default")};
  std::vector<Gateway> gateways;
  std::set<std::string> names;
  for (const std::string& key : section.Keys()) {
    auto one = section.ReadSection(key);
    if (!one) continue;
    std::string name = Lower(key);
    if (!names.insert(name).second) {
      section.Complain(key, "given twice: the names of gateways are compared without case");
    }
    gateways.push_back(ReadGateway(std::move(*one), name));
  }
  if (section.Keys().empty()) {
    section.reading().problems->Add(section.line(), section.path(), "has no gateway");
  }
  return gateways;
}

}  // namespace stateserver::config
