// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/expired_tables.h"

#include <simdjson.h>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/maintenance/physical_names.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::maintenance {
namespace {

using simdjson::dom::element;

constexpr size_t kSnapshotsPerQuery = 200;

// A text at `key`, or what `text` holds already.
void ReadText(element object, std::string_view key, std::string_view* text) {
  std::string_view value;
  if (object[key].get(value) == simdjson::SUCCESS) *text = value;
}

bool HasTables(std::string_view kind) {
  return !kind.empty() && kind != "EMBEDDED" && kind != "EXTERNAL";
}

class TableReader {
 public:
  TableReader(postgres::Session& session, const std::string& schema)
      : session_(session), schema_(schema) {}

  absl::Status Add(const std::vector<const ExpiredSnapshot*>& snapshots) {
    std::string values;
    for (size_t i = 0; i < snapshots.size(); ++i) {
      AppendTo(&values, i == 0 ? "(" : ",(", i, ",", postgres::QuoteLiteral(snapshots[i]->name),
               ",", postgres::QuoteLiteral(snapshots[i]->identifier), ")");
    }
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session_.Query(Cat("SELECT w.place, s.snapshot FROM (VALUES ", values,
                                        ") w (place, name, identifier) JOIN ",
                                        store::Qualified(schema_, "_snapshots"),
                                        " s ON s.name = w.name AND s.identifier = w.identifier "
                                        "ORDER BY w.place")));
    for (size_t row = 0; row < rows.rows(); ++row) {
      RETURN_IF_ERROR(AddOne(*snapshots[rows.Int(row, 0)], rows.Text(row, 1)));
    }
    return absl::OkStatus();
  }

  std::vector<PhysicalTable> Take() { return std::move(tables_); }

 private:
  absl::Status AddOne(const ExpiredSnapshot& snapshot, std::string_view json) {
    element root;
    element node;
    absl::Status parsed =
        state::ParseDocument(&parser_, json, Reason::STATE_CORRUPT,
                             Cat("Snapshot ", snapshot.name, " ", snapshot.identifier), &root);
    if (!parsed.ok()) return WithFact(parsed, "record", snapshot.name);
    TableNaming naming;
    naming.name = snapshot.name;
    ReadText(root, "base_table_name_override", &naming.base_table_name_override);
    ReadText(root, "dev_table_suffix", &naming.dev_table_suffix);
    ReadText(root, "table_naming_convention", &naming.convention);
    std::string_view gateway;
    std::string_view physical_schema;
    if (root["node"].get(node) == simdjson::SUCCESS) {
      std::string_view mode;
      ReadText(node, "virtual_environment_mode", &mode);
      naming.dev_only = mode == "dev_only";
      ReadText(node, "gateway", &gateway);
      ReadText(node, "physical_schema_override", &physical_schema);
    }
    ReadText(root, "physical_schema", &physical_schema);
    naming.physical_schema = physical_schema.empty() ? DefaultPhysicalSchema(snapshot.name)
                                                     : std::string(physical_schema);
    RETURN_IF_ERROR(AddTable(snapshot, naming, gateway, /*is_dev=*/true));
    if (snapshot.dev_table_only) return absl::OkStatus();
    return AddTable(snapshot, naming, gateway, /*is_dev=*/false);
  }

  absl::Status AddTable(const ExpiredSnapshot& snapshot, const TableNaming& naming,
                        std::string_view gateway, bool is_dev) {
    auto md5 = [this](const std::string& text) -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(auto digest, session_.Query("SELECT md5($1)", {text}));
      return std::string(digest.Text(0, 0));
    };
    PhysicalTable& table = tables_.emplace_back();
    ASSIGN_OR_RETURN(
        table.table,
        PhysicalTableName(naming, is_dev ? snapshot.dev_version : snapshot.version, is_dev, md5));
    table.snapshot_name = snapshot.name;
    table.snapshot_identifier = snapshot.identifier;
    table.is_dev = is_dev;
    table.model_gateway = gateway;
    return absl::OkStatus();
  }

  postgres::Session& session_;
  const std::string& schema_;
  simdjson::dom::parser parser_;
  std::vector<PhysicalTable> tables_;
};

}  // namespace

absl::StatusOr<std::vector<PhysicalTable>> ExpiredTables(
    postgres::Session& session, const std::string& schema,
    const std::vector<ExpiredSnapshot>& snapshots) {
  TableReader reader(session, schema);
  std::vector<const ExpiredSnapshot*> some;
  for (const ExpiredSnapshot& snapshot : snapshots) {
    if (!snapshot.cleans_up || !HasTables(snapshot.kind)) continue;
    some.push_back(&snapshot);
    if (some.size() < kSnapshotsPerQuery) continue;
    RETURN_IF_ERROR(reader.Add(some));
    some.clear();
  }
  if (!some.empty()) RETURN_IF_ERROR(reader.Add(some));
  return reader.Take();
}

}  // namespace stateserver::maintenance
