// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/version_table.h"

#include <algorithm>

#include "common/error.h"
#include "common/failpoint.h"
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

absl::Status Differs(const std::vector<std::string>& rows, const JournalState& state) {
  return Error(
      Reason::VERSION_TABLE_DIFFERS,
      Cat("The table alembic_version is at ", Words(rows), ", and the journal at ",
          Words(state.heads), ": Alembic or another program has changed the schema since then."),
      state.heads.empty() ? "Convert the Alembic project, or record its revision with Stamp."
                          : "Write a revision of what Alembic did (Autogenerate with `adopt`), or "
                            "record the schema's revision with Stamp; `version_table.off` ignores "
                            "the table.",
      {{"alembic", JoinList(rows)}, {"journal", JoinList(state.heads)}});
}

bool Agrees(const std::vector<std::string>& rows, const JournalState& state) {
  return rows == Sorted(state.heads) || rows == Sorted(SplitList(state.version_table));
}

bool Has(const std::vector<std::string>& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
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
    FAILPOINT_STATUS("revision.version_row");
  }
  return absl::OkStatus();
}

bool IsBetween(const std::vector<std::string>& rows, const std::vector<std::string>& before,
               const std::vector<std::string>& after) {
  if (rows.empty()) return before.empty() || after.empty();
  for (const std::string& row : rows) {
    if (!Has(before, row) && !Has(after, row)) return false;
  }
  return std::all_of(before.begin(), before.end(),
                     [&](const std::string& head) { return !Has(after, head) || Has(rows, head); });
}

bool LeftByOpenRun(const std::vector<std::string>& rows, const JournalState& state) {
  if (!state.open) return false;
  const std::string& revision = state.open->revision;
  // The parents of the revision may be in no file, so the result of the run is one of several.
  std::vector<std::string> before = state.heads, after;
  if (state.open->direction == Direction::kUpgrade) {
    after = {revision};
    return IsBetween(rows, before, after);
  }
  for (const auto& [id, sum] : state.applied) {
    if (id != revision) after.push_back(id);
  }
  return IsBetween(rows, before, after);
}

absl::Status CheckVersionTable(Warehouse& warehouse, const JournalState& state,
                               const RevisionRunPlan& plan) {
  ASSIGN_OR_RETURN(auto there, ReadVersionTable(warehouse));
  if (!there || Agrees(*there, state)) return absl::OkStatus();
  bool under_way = state.open && !plan.runs.empty();
  if (under_way && IsBetween(*there, state.heads, plan.runs.front().heads_after)) {
    return absl::OkStatus();
  }
  return Differs(*there, state);
}

absl::StatusOr<bool> CheckAbandonedVersionTable(Warehouse& warehouse, const JournalState& state) {
  ASSIGN_OR_RETURN(auto there, ReadVersionTable(warehouse));
  if (!there || *there == Sorted(state.heads)) return false;
  if (Agrees(*there, state) || LeftByOpenRun(*there, state)) return true;
  return Differs(*there, state);
}

}  // namespace stateserver::revisions
