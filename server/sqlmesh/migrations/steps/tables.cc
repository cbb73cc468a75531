// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/tables.h"

#include <simdjson.h>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"
#include "server/sqlmesh/migrations/steps/snapshot_pass.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

namespace {

// Longer lists are not held in memory as a whole.
constexpr int64_t kWholeListBytes = 8 << 20;
constexpr int kBatchElements = 1024;

absl::Status Corrupt(std::string_view environment, std::string_view column, std::string_view what) {
  return Error(Reason::STATE_CORRUPT,
               Cat("Environment '", environment, "': column ", column, " ", what),
               "Correct the row in _environments, or restore it from a backup, and migrate again; "
               "nothing was changed.",
               {{"environment", std::string(environment)}, {"field", std::string(column)}});
}

// The text is not JSON, or not an array.
bool IsNoJson(const absl::Status& status) {
  Facts facts = FactsOf(status);
  return facts["sqlstate"] == "22P02" || facts["sqlstate"] == "22023";
}

// ListRewrite rewrites one list of one environment.
class ListRewrite {
 public:
  ListRewrite(postgres::Session& session, const std::string& table, const std::string& environment,
              std::string_view column)
      : session_(session), table_(table), environment_(environment), column_(column) {}

  absl::Status Whole() {
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session_.Query(Cat("SELECT ", column_, Where()), {environment_}));
    if (rows.rows() == 0 || rows.Text(0, 0).empty()) return absl::OkStatus();
    std::string_view json = Trim(rows.Text(0, 0), kJsonSpace);
    simdjson::dom::element root;
    absl::Status parsed =
        state::ParseDocument(&parser_, json, Reason::STATE_CORRUPT,
                             Cat("Environment '", environment_, "': column ", column_), &root);
    if (!parsed.ok()) return WithFact(parsed, "environment", environment_);
    Draft list(json);
    if (!list.IsArray()) return Corrupt(environment_, column_, "is not a JSON array");
    for (Draft& info : list.items()) RETURN_IF_ERROR(Rename(info));
    std::string now;
    list.Write(true, &now);
    return Store("$2", {environment_, std::move(now)});
  }

  absl::Status InPieces() {
    RETURN_IF_ERROR(session_.Execute(
        "CREATE TEMPORARY TABLE migrated_infos (n bigint, info text) ON COMMIT DROP"));
    absl::Status status = StageAll();
    if (IsNoJson(status)) return Corrupt(environment_, column_, "is not a JSON array");
    RETURN_IF_ERROR(status);
    RETURN_IF_ERROR(
        Store("(SELECT '[' || string_agg(info, ', ' ORDER BY n) || ']' "
              "FROM pg_temp.migrated_infos)",
              {environment_}));
    return session_.Execute("DROP TABLE pg_temp.migrated_infos");
  }

 private:
  std::string Where() const { return Cat(" FROM ", table_, " WHERE name = $1"); }

  absl::Status Rename(Draft& info) {
    if (RenameTempVersionOf(info)) return absl::OkStatus();
    return Corrupt(environment_, column_,
                   "holds a snapshot, or a previous version of one, that is not a JSON object");
  }

  absl::Status Store(std::string_view value, const postgres::Parameters& parameters) {
    return session_
        .Query(Cat("UPDATE ", table_, " SET ", column_, " = ", value, " WHERE name = $1"),
               parameters)
        .status();
  }

  absl::Status StageAll() {
    RETURN_IF_ERROR(session_.Execute(
        Cat("DECLARE migrated_list NO SCROLL CURSOR FOR SELECT x.n, x.value::text FROM ", table_,
            " e, json_array_elements(e.", column_,
            "::json) WITH ORDINALITY x(value, n) "
            "WHERE e.name = ",
            postgres::QuoteLiteral(environment_))));
    size_t fetched = 0;
    do {
      ASSIGN_OR_RETURN(fetched, StageBatch());
    } while (fetched > 0);
    return session_.Execute("CLOSE migrated_list");
  }

  absl::StatusOr<size_t> StageBatch() {
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session_.Query(Cat("FETCH FORWARD ", kBatchElements, " FROM migrated_list")));
    if (rows.rows() == 0) return size_t{0};
    postgres::RowBuffer infos(session_, "pg_temp.migrated_infos (n, info)");
    for (size_t i = 0; i < rows.rows(); ++i) {
      Draft info(Trim(rows.Text(i, 1), kJsonSpace));
      RETURN_IF_ERROR(Rename(info));
      std::string now;
      info.Write(true, &now);
      RETURN_IF_ERROR(infos.Add(postgres::CopyLine().Int(rows.Int(i, 0)).Text(now)));
    }
    RETURN_IF_ERROR(infos.Flush());
    return rows.rows();
  }

  postgres::Session& session_;
  const std::string& table_;
  const std::string& environment_;
  const std::string_view column_;
  simdjson::dom::parser parser_;
};

// Selects one row per (name, identifier): a snapshot's own values take precedence over those in
// later snapshots.
std::string KnownSql() {
  return Cat(
      "CREATE TEMPORARY TABLE migrated_known ON COMMIT DROP AS "
      "SELECT DISTINCT ON (k.name, k.identifier) k.name, k.identifier, k.dev_version, "
      "k.own, EXISTS (SELECT FROM ",
      kDevVersionsTable,
      " s WHERE s.own AND s.name = k.name AND s.dev_version = k.dev_version) AS used FROM ",
      kDevVersionsTable,
      " k ORDER BY k.name, k.identifier, k.own DESC, k.dev_version; "
      "ANALYZE pg_temp.migrated_known;");
}

// Deletes rows of a version, or of a dev version, that has no snapshot.
std::string DeleteSql(const std::string& intervals, const std::string& snapshots) {
  return Cat("DELETE FROM ", intervals, " i WHERE NOT EXISTS (SELECT FROM ", snapshots,
             " s WHERE s.name = i.name AND s.version = i.version) OR (i.is_dev AND NOT EXISTS ("
             "SELECT FROM pg_temp.migrated_known k WHERE k.name = i.name AND "
             "k.identifier = i.identifier AND k.used))");
}

// Also clears the identifier of a deleted snapshot, so that its rows can be compacted together.
std::string UpdateSql(const std::string& intervals) {
  return Cat("UPDATE ", intervals,
             " i SET "
             "dev_version = CASE WHEN COALESCE(k.own, false) OR i.is_dev THEN k.dev_version END, "
             "identifier = CASE WHEN k.own THEN i.identifier END, "
             "is_compacted = CASE WHEN COALESCE(k.own, false) THEN i.is_compacted ELSE false END "
             "FROM ",
             intervals,
             " j LEFT JOIN pg_temp.migrated_known k "
             "ON k.name = j.name AND k.identifier = j.identifier WHERE i.id = j.id");
}

}  // namespace

absl::Status RenameInEnvironments(postgres::Session& session, const SchemaRun& run,
                                  StepReport* report) {
  std::string table = store::Qualified(run.schema, "_environments");
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.Query(Cat("SELECT name, octet_length(snapshots), "
                                     "octet_length(previous_finalized_snapshots) FROM ",
                                     table, " ORDER BY name")));
  for (size_t i = 0; i < rows.rows(); ++i) {
    std::string name(rows.Text(i, 0));
    size_t column = 1;
    for (std::string_view list : {"snapshots", "previous_finalized_snapshots"}) {
      int64_t bytes = rows.Int(i, column++);
      if (bytes == 0) continue;  // NULL is unchanged
      ListRewrite rewrite(session, table, name, list);
      RETURN_IF_ERROR(bytes > kWholeListBytes ? rewrite.InPieces() : rewrite.Whole());
    }
    ++report->rows_rewritten;
    if (run.progress) {
      run.progress("Rewriting environments", static_cast<int64_t>(i + 1),
                   static_cast<int64_t>(rows.rows()));
    }
  }
  return absl::OkStatus();
}

absl::Status CleanIntervals(postgres::Session& session, const SchemaRun& run, StepReport* report) {
  if (run.progress) run.progress("Cleaning intervals", 0, 1);
  std::string intervals = store::Qualified(run.schema, "_intervals");
  std::string snapshots = store::Qualified(run.schema, "_snapshots");
  RETURN_IF_ERROR(session.Execute(KnownSql()));
  ASSIGN_OR_RETURN(postgres::Result deleted, session.Query(DeleteSql(intervals, snapshots)));
  ASSIGN_OR_RETURN(postgres::Result updated, session.Query(UpdateSql(intervals)));
  report->rows_rewritten += deleted.affected_rows() + updated.affected_rows();
  if (run.progress) run.progress("Cleaning intervals", 1, 1);
  return session.Execute(Cat("DROP TABLE pg_temp.migrated_known, ", kDevVersionsTable));
}

}  // namespace stateserver::migrations
