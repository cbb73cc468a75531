// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/connections.h"

#include <algorithm>
#include <regex>
#include <set>

#include "common/nearest_word.h"
#include "common/text.h"
#include "server/platform/config/problems.h"
#include "server/platform/config/sqlmesh_keys.h"
#include "server/platform/config/warehouse_url.h"
#include "server/platform/config/yaml/postgres_connection.h"

namespace stateserver::config {

namespace {

// Returns the connection's type, or "" after reporting that it is missing or unknown.
std::string ReadType(Section* connection, bool may_be_embedded) {
  std::string type;
  connection->Require("type");
  connection->Read("type", &type);
  auto known = SqlmeshConnectionTypes();
  if (may_be_embedded) known.insert("embedded");
  if (type.empty() || known.contains(type)) return type;
  std::string meant = NearestWord(type, known);
  connection->Complain("type", "No connection type named '" + type + "'." +
                                   (meant.empty() ? "" : " Did you mean '" + meant + "'?"));
  return "";
}

// Lists a connection without effect as unused and ignores its keys.
void LeaveUnused(const Section& connection, const std::string& type) {
  connection.reading().unused_keys->push_back(connection.path() + " (" + type + ")");
}

// Reads `path`, the only key. A relative path stays relative.
StateConnection ReadEmbedded(Section section) {
  StateConnection out;
  out.type = StateConnection::Type::kEmbedded;
  ReadCommonKeys(&section);
  section.ReadRequired("path", &out.path);
  section.Finish();
  return out;
}

// Keeps the type of a connection that holds the state and is not served, with the way out.
void LeaveStateUnserved(Section* connection, const std::string& type, Gateway* gateway) {
  gateway->unsupported_state_type = type;
  gateway->unsupported_state_hint =
      type == kGcpPostgres ? GcpPostgresHint(connection) : std::string(kMoveUnservedState);
  LeaveUnused(*connection, type);
}

// Returns true for a type of PostgreSQL, which `connection` has an address for.
bool IsServed(const Section& connection, const std::string& type) {
  return type == "postgres" || (type == kGcpPostgres && connection.Has("host"));
}

StateConnection ReadServed(Section connection, const std::string& type) {
  return type == kGcpPostgres ? ReadGcpPostgres(std::move(connection))
                              : ReadPostgres(std::move(connection));
}

void ReadStateConnection(Section connection, Gateway* gateway) {
  std::string type = ReadType(&connection, /*may_be_embedded=*/true);
  if (IsServed(connection, type)) {
    gateway->state = ReadServed(std::move(connection), type);
  } else if (type == "embedded") {
    gateway->state = ReadEmbedded(std::move(connection));
  } else if (!type.empty()) {
    LeaveStateUnserved(&connection, type, gateway);
  }
}

// Reads all keys of SQLMesh's starrocks connection.
Warehouse ReadStarRocks(Section section) {
  Warehouse out;
  out.type = "starrocks";
  ReadCommonKeys(&section);
  section.ReadRequired("host", &out.host);
  section.NullIsAbsent("port");
  section.ReadInt("port", 1, 65535, &out.port);
  section.ReadRequired("user", &out.user);
  section.Read("password", &out.password);
  if (section.Has("password_command")) {
    section.Complain("password_command", "works for PostgreSQL only; write a password");
    section.Known("password_command");
  }
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
  } else if (holds_state && IsServed(connection, type)) {
    gateway->state = ReadServed(std::move(connection), type);
  } else if (!type.empty()) {
    gateway->warehouse = Warehouse();
    gateway->warehouse->type = type;
    if (holds_state) {
      LeaveStateUnserved(&connection, type, gateway);
    } else {
      LeaveUnused(connection, type);
    }
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

// Returns true for a release such as 3.12 or 3.12.3, from 3.9 on.
bool IsPythonRelease(const std::string& text) {
  static const std::regex& pattern = *new std::regex(R"(3\.(9|[1-9][0-9])(\.(0|[1-9][0-9]?))?)");
  return std::regex_match(text, pattern);
}

void ReadRewritePython(Section* section, Gateway* gateway) {
  section->Read("rewrite_python", &gateway->rewrite_python);
  if (!section->Has("rewrite_python") || IsPythonRelease(gateway->rewrite_python)) return;
  section->WrongValue("rewrite_python",
                      "the Python release of those who plan, such as \"3.12\" or \"3.12.3\"");
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
  ReadRewritePython(&section, &gateway);
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
