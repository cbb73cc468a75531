// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/gateways.h"

#include <algorithm>

#include "server/platform/config/lower.h"
#include "server/platform/config/sqlmesh_keys.h"
#include "server/platform/config/suggest.h"
#include "server/platform/config/warehouse_url.h"
#include "server/platform/config/yaml/connections.h"

namespace stateserver::config {
namespace {

// The connection's type, empty when it is missing or unknown (reported).
std::string ReadType(Section* connection, bool may_be_embedded) {
  std::string type;
  connection->Require("type");
  connection->Read("type", &type);
  auto known = SqlmeshConnectionTypes();
  if (may_be_embedded) known.insert("embedded");
  if (type.empty() || known.contains(type)) return type;
  std::string meant = Suggest(type, known);
  connection->Complain("type", "unknown connection type '" + type + "'" +
                                   (meant.empty() ? "" : "; did you mean '" + meant + "'?"));
  return "";
}

// A connection that has no effect here: named as unused, its keys not looked at.
void LeaveUnused(const Section& connection, const std::string& type) {
  connection.reading().unused_keys->push_back(connection.path() + " (" + type + ")");
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

void ReadConnection(Section connection, Gateway* gateway) {
  bool holds_state = !gateway->state && gateway->unsupported_state_type.empty();
  std::string type = ReadType(&connection, /*may_be_embedded=*/false);
  if (type == "starrocks") {
    gateway->warehouse = ReadStarRocks(std::move(connection));
  } else if (type == "postgres" && holds_state) {
    gateway->state = ReadPostgres(std::move(connection));
  } else if (!type.empty()) {
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

// `connection: starrocks://…`.
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
  for (const std::string& key : section.Keys()) {
    auto one = section.ReadSection(key);
    if (!one) continue;
    std::string name = Lower(key);
    bool taken = std::any_of(gateways.begin(), gateways.end(),
                             [&](const Gateway& other) { return other.name == name; });
    if (taken) {
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
