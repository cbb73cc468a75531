// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/version_table.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::revisions {

namespace {

std::string Value(const std::string& text) { return starrocks::QuotedText(text); }

std::vector<std::string> Sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

std::string Words(const std::vector<std::string>& heads) {
  return heads.empty() ? "nothing" : JoinList(heads);
}

}  // namespace

absl::StatusOr<std::optional<std::vector<std::string>>> ReadVersionTable(Warehouse& warehouse) {
  ASSIGN_OR_RETURN(starrocks::Rows tables,
                   warehouse.Query(Cat(
                       "SELECT TABLE_NAME FROM information_schema.tables WHERE TABLE_SCHEMA = ",
                       Value(warehouse.database()), " AND TABLE_NAME = ", Value(kVersionTable))));
  if (tables.rows.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(starrocks::Rows rows,
                   warehouse.Query(Cat("SELECT version_num FROM ", kVersionTable)));
  std::vector<std::string> out;
  for (size_t i = 0; i < rows.rows.size(); ++i) out.push_back(rows.Text(i, "version_num"));
  return Sorted(std::move(out));
}

std::function<bool(const schema::ObjectName&)> WithoutVersionTable(const schema::Filter& filter) {
  return [&filter](const schema::ObjectName& name) {
    return filter.Takes(name) && name.name != kVersionTable;
  };
}

absl::Status EnsureVersionTable(Warehouse& warehouse, const VersionTableOptions& options) {
  ASSIGN_OR_RETURN(auto there, ReadVersionTable(warehouse));
  if (there) return absl::OkStatus();
  std::string properties;
  for (const auto& [key, value] : options.properties) {
    AppendTo(&properties, properties.empty() ? " PROPERTIES (" : ", ", Value(key), " = ",
             Value(value));
  }
  if (!properties.empty()) properties.push_back(')');
  absl::Status made = warehouse.Execute(
      Cat("CREATE TABLE IF NOT EXISTS ", kVersionTable,
          " (id BIGINT NOT NULL AUTO_INCREMENT, version_num VARCHAR(32) NOT NULL) PRIMARY KEY (id)"
          " DISTRIBUTED BY HASH(id)",
          properties));
  if (made.ok() || IsLost(made)) return made;
  return Error(Reason::STATEMENT_FAILED,
               Cat("The table alembic_version cannot be created: ", std::string(made.message())),
               "Set `replication_num` to 1 in `version_table.properties` for a single backend, or "
               "`version_table.off` to do without the table.",
               {{"table", "alembic_version"}});
}

absl::Status WriteVersionTable(Warehouse& warehouse, const std::vector<std::string>& heads) {
  ASSIGN_OR_RETURN(auto there, ReadVersionTable(warehouse));
  std::vector<std::string> rows = there.value_or(std::vector<std::string>()),
                           wanted = Sorted(heads);
  std::vector<std::string> old, fresh;
  std::set_difference(rows.begin(), rows.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(old));
  std::set_difference(wanted.begin(), wanted.end(), rows.begin(), rows.end(),
                      std::back_inserter(fresh));
  for (size_t i = 0; i < std::max(old.size(), fresh.size()); ++i) {
    std::string sql;
    if (i < old.size() && i < fresh.size()) {
      sql = Cat("UPDATE ", kVersionTable, " SET version_num = ", Value(fresh[i]),
                " WHERE version_num = ", Value(old[i]));
    } else if (i < old.size()) {
      sql = Cat("DELETE FROM ", kVersionTable, " WHERE version_num = ", Value(old[i]));
    } else {
      sql = Cat("INSERT INTO ", kVersionTable, " (version_num) VALUES (", Value(fresh[i]), ")");
    }
    RETURN_IF_ERROR(warehouse.Execute(sql));
  }
  return absl::OkStatus();
}

absl::Status CheckVersionTable(Warehouse& warehouse, const JournalState& state,
                               const RevisionRunPlan& plan) {
  ASSIGN_OR_RETURN(auto there, ReadVersionTable(warehouse));
  if (!there) return absl::OkStatus();
  bool fits = *there == Sorted(state.heads) || *there == Sorted(SplitList(state.version_table));
  if (state.open && !plan.runs.empty()) {
    fits = fits || *there == Sorted(plan.runs.front().heads_after);
  }
  if (fits) return absl::OkStatus();
  return Error(
      Reason::VERSION_TABLE_DIFFERS,
      Cat("The table alembic_version is at ", Words(*there), ", and the journal at ",
          Words(state.heads), ": Alembic or another program has changed the schema since then."),
      state.heads.empty() ? "Convert the Alembic project, or record its revision with Stamp."
                          : "Write a revision of what Alembic did (Autogenerate with `adopt`), or "
                            "record the schema's revision with Stamp; `version_table.off` ignores "
                            "the table.",
      {{"alembic", JoinList(*there)}, {"journal", JoinList(state.heads)}});
}

}  // namespace stateserver::revisions
