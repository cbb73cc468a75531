// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/environment_rows.h"

#include <set>

#include "common/text.h"

namespace stateserver::store {
namespace {

std::optional<std::string> Owned(std::optional<std::string_view> text) {
  if (!text.has_value()) return std::nullopt;
  return std::string(*text);
}

std::optional<bool> OptionalBool(const postgres::Result& rows, size_t row, size_t column) {
  if (rows.IsNull(row, column)) return std::nullopt;
  return rows.Bool(row, column);
}

std::string EnvironmentsSql(std::string_view schema, const Layout& layout) {
  std::string sql =
      "SELECT e.name, e.start_at, e.end_at, e.plan_id, e.previous_plan_id, e.expiration_ts, "
      "e.finalized_ts, e.promoted_snapshot_ids, e.suffix_target, e.catalog_name_override, "
      "e.normalize_name, ";
  AppendTo(&sql, layout.environment_gateway_managed ? "e.gateway_managed" : "NULL::boolean",
           ", e.requirements, ",
           layout.environment_statements ? "s.environment_statements, s.plan_id"
                                         : "NULL::text, NULL::text",
           ", octet_length(e.snapshots), octet_length(e.previous_finalized_snapshots) FROM ",
           Qualified(schema, "_environments"), " e");
  if (layout.environment_statements) {
    AppendTo(&sql, " LEFT JOIN ", Qualified(schema, "_environment_statements"),
             " s ON s.environment_name = e.name");
  }
  return sql + " ORDER BY e.name COLLATE \"C\"";
}

EnvironmentRow ToRow(const postgres::Result& rows, size_t row) {
  EnvironmentRow out;
  out.name = rows.Text(row, 0);
  out.start_at = Owned(rows.OptionalText(row, 1));
  out.end_at = Owned(rows.OptionalText(row, 2));
  out.plan_id = Owned(rows.OptionalText(row, 3));
  out.previous_plan_id = Owned(rows.OptionalText(row, 4));
  out.expiration_ts = rows.OptionalInt(row, 5);
  out.finalized_ts = rows.OptionalInt(row, 6);
  out.promoted_snapshot_ids = Owned(rows.OptionalText(row, 7));
  out.suffix_target = Owned(rows.OptionalText(row, 8));
  out.catalog_name_override = Owned(rows.OptionalText(row, 9));
  out.normalize_name = OptionalBool(rows, row, 10);
  out.gateway_managed = OptionalBool(rows, row, 11);
  out.requirements = Owned(rows.OptionalText(row, 12));
  out.statements = Owned(rows.OptionalText(row, 13));
  out.statements_plan_id = Owned(rows.OptionalText(row, 14));
  out.snapshots_bytes = rows.OptionalInt(row, 15);
  out.previous_finalized_bytes = rows.OptionalInt(row, 16);
  return out;
}

}  // namespace

absl::StatusOr<std::vector<EnvironmentRow>> ReadEnvironments(
    postgres::Session& session, std::string_view schema, const Layout& layout,
    const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(postgres::Result rows, session.Query(EnvironmentsSql(schema, layout)));
  std::set<std::string_view> wanted(names.begin(), names.end());
  std::vector<EnvironmentRow> out;
  for (size_t row = 0; row < rows.rows(); ++row) {
    if (!names.empty() && wanted.erase(rows.Text(row, 0)) == 0) continue;
    out.push_back(ToRow(rows, row));
  }
  for (const std::string& name : names) {
    if (!wanted.contains(name)) continue;
    return Error(Reason::ENVIRONMENT_NOT_FOUND, Cat("No such environment: ", name),
                 "`stateclient environments` lists those there are.", {{"environment", name}});
  }
  return out;
}

}  // namespace stateserver::store
