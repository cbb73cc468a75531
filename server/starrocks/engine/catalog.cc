// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/engine/catalog.h"

#include <cstdio>

#include "absl/strings/match.h"
#include "common/error.h"
#include "common/text.h"

namespace stateserver::starrocks {
namespace {

bool IsLost(const absl::Status& status) {
  Reason reason = ReasonOf(status);
  return reason == Reason::WAREHOUSE_LOST || reason == Reason::DEADLINE_EXCEEDED;
}

absl::Status ListViews(Connection& connection, const std::string& database, Catalog* out) {
  ASSIGN_OR_RETURN(
      Rows rows, connection.Query(
                     Cat("SELECT TABLE_NAME, REFRESH_TYPE, IS_ACTIVE, INACTIVE_REASON, "
                         "MATERIALIZED_VIEW_DEFINITION FROM information_schema.materialized_views "
                         "WHERE TABLE_SCHEMA = ",
                         QuotedText(database))));
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    ListedView view;
    view.activity = {absl::EqualsIgnoreCase(rows.Text(i, "IS_ACTIVE"), "true"),
                     rows.Text(i, "INACTIVE_REASON")};
    view.definition = rows.Text(i, "MATERIALIZED_VIEW_DEFINITION");
    bool rollup = absl::EqualsIgnoreCase(rows.Text(i, "REFRESH_TYPE"), "ROLLUP");
    // Rollups of ALTER TABLE are listed, too, without a definition.
    if (rollup && view.definition.empty()) continue;
    (rollup ? out->synchronous : out->materialized)[rows.Text(i, "TABLE_NAME")] = std::move(view);
  }
  return absl::OkStatus();
}

absl::Status CheckDatabase(Connection& connection, const std::string& database) {
  ASSIGN_OR_RETURN(Rows rows,
                   connection.Query(Cat("SELECT SCHEMA_NAME FROM information_schema.schemata WHERE "
                                        "SCHEMA_NAME = ",
                                        QuotedText(database))));
  if (!rows.rows.empty()) return absl::OkStatus();
  return Error(Reason::WAREHOUSE_DATABASE_NOT_FOUND, Cat("There is no database ", database, "."),
               "Create it, or name another one.", {{"database", database}});
}

}  // namespace

absl::StatusOr<Catalog> ListDatabase(Connection& connection, const std::string& database,
                                     const std::set<std::string>& names) {
  Catalog out;
  std::string list;
  for (const std::string& name : names) {
    AppendTo(&list, list.empty() ? " AND TABLE_NAME IN (" : ", ", QuotedText(name));
  }
  if (!list.empty()) list.push_back(')');
  ASSIGN_OR_RETURN(
      Rows rows,
      connection.Query(Cat("SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.tables WHERE "
                           "TABLE_SCHEMA = ",
                           QuotedText(database), list)));
  if (rows.rows.empty()) RETURN_IF_ERROR(CheckDatabase(connection, database));
  RETURN_IF_ERROR(ListViews(connection, database, &out));
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    std::string name = rows.Text(i, "TABLE_NAME"), type = rows.Text(i, "TABLE_TYPE");
    if (out.materialized.contains(name) || absl::StartsWith(type, "TEMPORARY")) continue;
    (absl::EqualsIgnoreCase(type, "VIEW") ? out.views : out.tables).push_back(name);
  }
  return out;
}

absl::StatusOr<schema::EngineVersion> ReadVersion(Connection& connection) {
  ASSIGN_OR_RETURN(Rows rows, connection.Query("SELECT current_version()"));
  std::string text = rows.rows.empty() ? "" : rows.rows[0][0].value_or("");
  schema::EngineVersion version;
  if (std::sscanf(text.c_str(), "%d.%d.%d", &version.major, &version.minor, &version.patch) == 3) {
    return version;
  }
  return Error(Reason::WAREHOUSE_UNREADABLE,
               Cat("StarRocks names its version '", text, "', which is not understood."),
               "This server knows the releases 2.5 to 4.x.");
}

absl::StatusOr<std::optional<schema::RunMode>> AskRunMode(Connection& connection) {
  auto rows = connection.Query("ADMIN SHOW FRONTEND CONFIG LIKE 'run_mode'");
  if (!rows.ok()) {
    if (IsLost(rows.status())) return rows.status();
    return std::nullopt;  // the right is missing, or an older engine
  }
  if (rows->rows.empty()) return std::nullopt;
  return rows->Text(0, "Value") == "shared_data" ? schema::RunMode::kSharedData
                                                 : schema::RunMode::kSharedNothing;
}

std::optional<schema::RunMode> InferRunMode(const std::vector<schema::LiveObject>& objects) {
  for (const schema::LiveObject& one : objects) {
    const auto* table = std::get_if<schema::Table>(&one.object.definition);
    if (table == nullptr) continue;
    if (table->properties.contains("storage_volume") ||
        table->properties.contains("datacache.enable")) {
      return schema::RunMode::kSharedData;
    }
    if (table->properties.contains("replicated_storage")) return schema::RunMode::kSharedNothing;
  }
  return std::nullopt;
}

}  // namespace stateserver::starrocks
