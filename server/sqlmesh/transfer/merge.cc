// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/merge.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/merge_intervals.h"

namespace stateserver::transfer {
namespace {

using postgres::Result;
using postgres::Session;
using store::Qualified;

constexpr char kSnapshotColumns[] =
    "name, identifier, version, snapshot, kind_name, updated_ts, unpaused_ts, ttl_ms, "
    "unrestorable, forward_only, dev_version, fingerprint";

absl::StatusOr<int64_t> CountOf(Session& session, const std::string& sql) {
  ASSIGN_OR_RETURN(Result result, session.Query(sql));
  return result.Int(0, 0);
}

absl::StatusOr<int64_t> Affected(Session& session, const std::string& sql) {
  ASSIGN_OR_RETURN(Result result, session.Query(sql));
  return result.affected_rows();
}

class Merge {
 public:
  Merge(Session& session, std::string_view schema, ImportMode mode)
      : session_(session), schema_(schema), mode_(mode) {}

  absl::StatusOr<MergeReport> Run() {
    RETURN_IF_ERROR(
        session_.Execute("SET LOCAL work_mem = '64MB'; ANALYZE pg_temp.stage_snapshots; "
                         "ANALYZE pg_temp.stage_intervals; ANALYZE pg_temp.stage_items"));
    if (mode_ == ImportMode::kReplace) RETURN_IF_ERROR(DeleteAll());
    RETURN_IF_ERROR(Intervals());
    RETURN_IF_ERROR(Snapshots());
    RETURN_IF_ERROR(AutoRestatements());
    RETURN_IF_ERROR(Environments());
    RETURN_IF_ERROR(Statements());
    if (mode_ == ImportMode::kMerge) RETURN_IF_ERROR(NoteUnpausedTwice());
    return std::move(report_);
  }

 private:
  std::string Table(std::string_view name) const { return Qualified(schema_, name); }

  // SQLMesh drops and creates the tables; emptying them keeps their grants and
  // leaves readers that began before with what they saw.
  absl::Status DeleteAll() {
    auto empty = [&](std::string_view table, TableChanges* changes) -> absl::Status {
      ASSIGN_OR_RETURN(int64_t rows, Affected(session_, Cat("DELETE FROM ", Table(table))));
      if (changes != nullptr) changes->deleted = rows;
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(empty("_snapshots", &report_.snapshots));
    RETURN_IF_ERROR(empty("_environments", &report_.environments));
    RETURN_IF_ERROR(empty("_intervals", nullptr));
    RETURN_IF_ERROR(empty("_auto_restatements", &report_.auto_restatements));
    return empty("_environment_statements", &report_.statements);
  }

  // Removes the rows that `key` finds in the stage, inserts, and counts both.
  absl::Status ReplaceRows(std::string_view table, const std::string& delete_sql,
                           const std::string& insert_sql, TableChanges* changes) {
    if (mode_ == ImportMode::kMerge) {
      ASSIGN_OR_RETURN(int64_t before,
                       CountOf(session_, Cat("SELECT count(*) FROM ", Table(table))));
      ASSIGN_OR_RETURN(changes->replaced, Affected(session_, delete_sql));
      changes->left_alone = before - changes->replaced;
    }
    ASSIGN_OR_RETURN(int64_t inserted, Affected(session_, insert_sql));
    changes->inserted = inserted - changes->replaced;
    return absl::OkStatus();
  }

  absl::Status Snapshots() {
    return ReplaceRows(
        "_snapshots",
        Cat("DELETE FROM ", Table("_snapshots"),
            " t USING pg_temp.stage_snapshots s WHERE t.name = s.name AND t.identifier = "
            "s.identifier"),
        Cat("INSERT INTO ", Table("_snapshots"), " (", kSnapshotColumns, ") SELECT ",
            kSnapshotColumns, " FROM pg_temp.stage_snapshots"),
        &report_.snapshots);
  }

  absl::Status Intervals() {
    ASSIGN_OR_RETURN(IntervalChanges changes, MergeIntervals(session_, schema_));
    report_.interval_rows_inserted = changes.inserted;
    report_.intervals_already_covered = changes.already_covered;
    return absl::OkStatus();
  }

  // A missing or zero time leaves an existing row alone, as in SQLMesh.
  absl::Status AutoRestatements() {
    std::string staged =
        "(SELECT name, version, max(next_auto_restatement_ts) AS next_ts FROM "
        "pg_temp.stage_snapshots WHERE next_auto_restatement_ts <> 0 AND version IS NOT NULL "
        "GROUP BY name, version)";
    return ReplaceRows(
        "_auto_restatements",
        Cat("DELETE FROM ", Table("_auto_restatements"), " t USING ", staged,
            " s WHERE t.snapshot_name = s.name AND t.snapshot_version = s.version"),
        Cat("INSERT INTO ", Table("_auto_restatements"),
            " (snapshot_name, snapshot_version, next_auto_restatement_ts) SELECT name, version, "
            "next_ts FROM ",
            staged, " s"),
        &report_.auto_restatements);
  }

  absl::Status Environments() {
    auto list = [](int kind) {
      return Cat(
          "(SELECT '[' || string_agg(i.items, ', ' ORDER BY i.seq) || ']' FROM "
          "pg_temp.stage_items i WHERE i.environment = e.name AND i.list = ",
          kind, ")");
    };
    RETURN_IF_ERROR(session_.Execute("CREATE INDEX ON pg_temp.stage_items (environment, list)"));
    return ReplaceRows(
        "_environments",
        Cat("DELETE FROM ", Table("_environments"),
            " t USING pg_temp.stage_environments s WHERE t.name = s.name"),
        Cat("INSERT INTO ", Table("_environments"),
            " (name, snapshots, start_at, end_at, plan_id, previous_plan_id, expiration_ts, "
            "finalized_ts, promoted_snapshot_ids, suffix_target, catalog_name_override, "
            "previous_finalized_snapshots, normalize_name, requirements, gateway_managed) SELECT "
            "e.name, coalesce(",
            list(0),
            ", '[]'), e.start_at, e.end_at, e.plan_id, e.previous_plan_id, e.expiration_ts, "
            "e.finalized_ts, CASE WHEN e.has_promoted THEN coalesce(",
            list(2),
            ", '[]') END, e.suffix_target, e.catalog_name_override, "
            "CASE WHEN e.has_previous THEN coalesce(",
            list(1),
            ", '[]') END, e.normalize_name, e.requirements, e.gateway_managed FROM "
            "pg_temp.stage_environments e"),
        &report_.environments);
  }

  // Also an environment without statements replaces the row of its namesake.
  absl::Status Statements() {
    return ReplaceRows(
        "_environment_statements",
        Cat("DELETE FROM ", Table("_environment_statements"),
            " t USING pg_temp.stage_environments s WHERE t.environment_name = s.name"),
        Cat("INSERT INTO ", Table("_environment_statements"),
            " (environment_name, plan_id, environment_statements) SELECT name, plan_id, "
            "statements FROM pg_temp.stage_environments WHERE statements IS NOT NULL"),
        &report_.statements);
  }

  absl::Status NoteUnpausedTwice() {
    ASSIGN_OR_RETURN(
        Result rows,
        session_.Query(Cat("SELECT name FROM ", Table("_snapshots"),
                           " WHERE unpaused_ts IS NOT NULL AND name IN (SELECT name FROM "
                           "pg_temp.stage_snapshots) GROUP BY name HAVING count(*) > 1 ORDER BY "
                           "name COLLATE \"C\"")));
    NoteCounter counter;
    for (size_t row = 0; row < rows.rows(); ++row) counter.Add(rows.Text(row, 0));
    counter.AppendTo("unpaused_twice",
                     "more than one snapshot of these models is unpaused after the merge, as "
                     "after SQLMesh's own import; the next plan of prod settles it",
                     &report_.notes);
    return absl::OkStatus();
  }

  Session& session_;
  const std::string schema_;
  const ImportMode mode_;
  MergeReport report_;
};

std::string JoinRows(const Result& rows, size_t limit) {
  std::string text;
  for (size_t row = 0; row < rows.rows() && row < limit; ++row) {
    AppendTo(&text, row == 0 ? "" : "; ", "environment '", rows.Text(row, 0),
             "': ", rows.Text(row, 1), " ", rows.Text(row, 2));
  }
  return text;
}

}  // namespace

absl::Status CheckStagedDuplicates(Session& session) {
  ASSIGN_OR_RETURN(Result snapshots,
                   session.Query("SELECT name, identifier, count(*) FROM pg_temp.stage_snapshots "
                                 "GROUP BY name, identifier HAVING count(*) > 1 ORDER BY name "
                                 "COLLATE \"C\", identifier COLLATE \"C\" LIMIT 1"));
  if (snapshots.rows() > 0) {
    return Error(
        Reason::RECORD_DUPLICATE,
        Cat("duplicate snapshot: (name, identifier)=(", snapshots.Text(0, 0), ", ",
            snapshots.Text(0, 1), ") stands ", snapshots.Int(0, 2), " times in the state file"),
        "Remove the repeated entries from the file's `snapshots`.",
        {{"record", std::string(snapshots.Text(0, 0))},
         {"identifier", std::string(snapshots.Text(0, 1))}});
  }
  ASSIGN_OR_RETURN(Result environments,
                   session.Query("SELECT name, count(*) FROM pg_temp.stage_environments GROUP BY "
                                 "name HAVING count(*) > 1 ORDER BY name COLLATE \"C\" LIMIT 1"));
  if (environments.rows() == 0) return absl::OkStatus();
  return Error(Reason::RECORD_DUPLICATE,
               Cat("duplicate environment: '", environments.Text(0, 0), "' stands ",
                   environments.Int(0, 1), " times in the state file"),
               "Remove the repeated entries from the file's `environments`.",
               {{"environment", std::string(environments.Text(0, 0))}});
}

absl::Status ResolveReferences(Session& session, std::string_view schema, ImportMode mode,
                               bool drop, std::vector<Note>* notes) {
  std::string dangling =
      "i.list = 0 AND i.ref_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "
      "pg_temp.stage_snapshots s WHERE s.name = i.ref_name AND s.identifier = i.ref_identifier)";
  if (mode == ImportMode::kMerge) {
    AppendTo(&dangling, " AND NOT EXISTS (SELECT 1 FROM ", Qualified(schema, "_snapshots"),
             " t WHERE t.name = i.ref_name AND t.identifier = i.ref_identifier)");
  }
  ASSIGN_OR_RETURN(Result rows,
                   session.Query(Cat("SELECT i.environment, i.ref_name, i.ref_identifier FROM "
                                     "pg_temp.stage_items i WHERE ",
                                     dangling, " ORDER BY i.seq")));
  if (rows.rows() == 0) return absl::OkStatus();
  if (!drop) {
    return Error(Reason::DANGLING_REFERENCE,
                 Cat(rows.rows(),
                     " environment entries point to snapshots found neither in the "
                     "state file nor in the state: ",
                     JoinRows(rows, 5), rows.rows() > 5 ? "; …" : ""),
                 "Export the file again with those environments whole, or import it with "
                 "--drop-dangling to leave these entries out.",
                 {{"environment", std::string(rows.Text(0, 0))},
                  {"record", std::string(rows.Text(0, 1))},
                  {"identifier", std::string(rows.Text(0, 2))}});
  }
  NoteCounter dropped;
  for (size_t row = 0; row < rows.rows(); ++row) {
    dropped.Add(Cat(rows.Text(row, 0), ": ", rows.Text(row, 1), " ", rows.Text(row, 2)));
  }
  dropped.AppendTo("dropped_dangling",
                   "environment entries left out, since their snapshots are neither in the state "
                   "file nor in the state",
                   notes);
  // The promoted ids of dropped entries go with them.
  return session.Execute(
      Cat("CREATE TEMPORARY TABLE stage_dropped ON COMMIT DROP AS SELECT i.environment, "
          "i.ref_name, i.ref_identifier FROM pg_temp.stage_items i WHERE ",
          dangling,
          "; DELETE FROM pg_temp.stage_items i USING pg_temp.stage_dropped d WHERE i.list IN (0, "
          "2) AND i.environment = d.environment AND i.ref_name = d.ref_name AND i.ref_identifier = "
          "d.ref_identifier"));
}

absl::StatusOr<MergeReport> ApplyStage(Session& session, std::string_view schema, ImportMode mode) {
  return Merge(session, schema, mode).Run();
}

}  // namespace stateserver::transfer
