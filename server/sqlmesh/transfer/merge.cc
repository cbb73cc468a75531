// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/merge.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "common/uuid.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/intervals/wire.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::transfer {

namespace {

using postgres::Result;
using postgres::Session;
using store::Qualified;

struct IntervalChanges {
  int64_t inserted = 0;
  int64_t already_covered = 0;
};

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

constexpr char kIntervalColumns[] =
    "id, created_ts, name, identifier, version, start_ts, end_ts, is_dev, is_removed, "
    "is_compacted, is_pending_restatement, dev_version, last_altered_ts";
// Generates ids as SQLMesh does: uuid4().hex.
constexpr char kNewId[] = "replace(gen_random_uuid()::text, '-', '')";

constexpr int kGroupsPerFetch = 2000;

// StagedSnapshot holds what is staged for one snapshot, parsed from the cursor's text.
struct StagedSnapshot {
  std::string identifier;
  std::string dev_version;
  state::Intervals intervals, dev_intervals, pending;
};

// The staged ranges have the wire form of existing rows, in any order of snapshots. Pending ranges
// name no snapshot and are collected in a separate one.
std::vector<StagedSnapshot> GroupStaged(const std::vector<state::IntervalRow>& rows) {
  std::map<std::pair<std::string_view, std::string_view>, StagedSnapshot> groups;
  for (const state::IntervalRow& row : rows) {
    std::string_view identifier = row.identifier.value_or("");
    std::string_view dev_version = row.dev_version.value_or("");
    StagedSnapshot& staged = groups[{identifier, dev_version}];
    staged.identifier = identifier;
    staged.dev_version = dev_version;
    (row.is_pending_restatement ? staged.pending
     : row.is_dev               ? staged.dev_intervals
                                : staged.intervals)
        .push_back({row.start_ts, row.end_ts});
  }
  std::vector<StagedSnapshot> out;
  for (auto& [key, staged] : groups) out.push_back(std::move(staged));
  return out;
}

class IntervalMerger {
 public:
  IntervalMerger(Session& session, std::string_view schema)
      : session_(session),
        table_(Qualified(schema, "_intervals")),
        rows_(session, Cat(table_, " (", kIntervalColumns, ")")),
        now_ms_(NowMs()) {}

  absl::StatusOr<IntervalChanges> Merge() {
    RETURN_IF_ERROR(SplitByVersion());
    RETURN_IF_ERROR(AppendToNewVersions());
    RETURN_IF_ERROR(AppendToKnownVersions());
    return changes_;
  }

 private:
  // Finds the versions that have rows already, usually none or all.
  absl::Status SplitByVersion() {
    return session_.Execute(
        Cat("CREATE TEMPORARY TABLE stage_known ON COMMIT DROP AS SELECT DISTINCT i.name, "
            "i.version FROM pg_temp.stage_intervals i JOIN ",
            table_,
            " t ON t.name = i.name AND t.version = i.version; "
            "ANALYZE pg_temp.stage_known"));
  }

  absl::Status AppendToNewVersions() {
    ASSIGN_OR_RETURN(
        Result result,
        session_.Query(Cat("INSERT INTO ", table_, " (", kIntervalColumns, ") SELECT ", kNewId,
                           ", ", now_ms_,
                           ", i.name, i.identifier, i.version, i.start_ts, i.end_ts, i.is_dev, "
                           "false, false, i.is_pending, i.dev_version, NULL FROM "
                           "pg_temp.stage_intervals i WHERE NOT EXISTS (SELECT 1 FROM "
                           "pg_temp.stage_known k WHERE k.name = i.name AND k.version = "
                           "i.version)")));
    changes_.inserted += result.affected_rows();
    return absl::OkStatus();
  }

  absl::Status AppendToKnownVersions() {
    // A staged row has the form of an existing one, so that one reader handles both.
    std::string staged =
        Cat("SELECT ", state::AggregatedIntervalsSql(store::NewestVersions().schema_version, "x"),
            " FROM (SELECT i.identifier, i.dev_version, 0::bigint AS created_ts, i.start_ts, "
            "i.end_ts, i.is_dev, false AS is_removed, i.is_pending AS is_pending_restatement, "
            "NULL::bigint AS last_altered_ts, i.name, i.version FROM pg_temp.stage_intervals i "
            "WHERE i.name = k.name AND i.version = k.version) x");
    std::string existing =
        Cat("SELECT ", state::AggregatedIntervalsSql(store::NewestVersions().schema_version, "t"),
            " FROM ", table_, " t WHERE t.name = k.name AND t.version = k.version");
    RETURN_IF_ERROR(session_.Execute(
        Cat("CREATE INDEX ON pg_temp.stage_intervals (name, version); DECLARE known_versions "
            "CURSOR FOR SELECT k.name, k.version, (",
            existing, "), (", staged, ") FROM pg_temp.stage_known k")));
    while (true) {
      ASSIGN_OR_RETURN(Result groups,
                       session_.Query(Cat("FETCH ", kGroupsPerFetch, " FROM known_versions")));
      if (groups.rows() == 0) break;
      RETURN_IF_ERROR(AppendGroups(groups));
    }
    return session_.Execute("CLOSE known_versions");
  }

  absl::Status AppendGroups(const Result& groups) {
    for (size_t row = 0; row < groups.rows(); ++row) {
      RETURN_IF_ERROR(AppendGroup(groups.Text(row, 0), groups.Text(row, 1), groups.Text(row, 2),
                                  groups.Text(row, 3)));
    }
    return rows_.Flush();
  }

  absl::Status AppendGroup(std::string_view name, std::string_view version,
                           std::string_view existing_text, std::string_view staged_text) {
    std::vector<state::IntervalRow> existing, staged_rows;
    if (!state::ParseAggregatedIntervals(existing_text, &existing) ||
        !state::ParseAggregatedIntervals(staged_text, &staged_rows)) {
      return Error(Reason::STATE_CORRUPT,
                   Cat("The rows of '_intervals' for ", name, " version ", version,
                       " cannot be read: a row lacks its start or end"),
                   "Restore the rows from a backup.", {{"record", std::string(name)}});
    }
    std::vector<StagedSnapshot> staged = GroupStaged(staged_rows);
    std::vector<state::FileIntervals> files;
    for (const StagedSnapshot& s : staged) {
      files.push_back({s.identifier, s.dev_version, s.intervals, s.dev_intervals, s.pending});
    }
    state::IntervalAppends plan =
        state::PlanIntervalAppends(state::FoldIntervals(existing), files, now_ms_);
    changes_.already_covered += plan.already_covered;
    for (const state::IntervalRow& row : plan.rows) RETURN_IF_ERROR(Append(name, version, row));
    return absl::OkStatus();
  }

  absl::Status Append(std::string_view name, std::string_view version,
                      const state::IntervalRow& row) {
    postgres::CopyLine line;
    line.Text(NewHexId()).Int(row.created_ts).Text(name).Text(row.identifier).Text(version);
    line.Int(row.start_ts).Int(row.end_ts).Bool(row.is_dev).Bool(false).Bool(false);
    line.Bool(row.is_pending_restatement).Text(row.dev_version).Null();
    ++changes_.inserted;
    return rows_.Add(line);
  }

  Session& session_;
  const std::string table_;
  postgres::RowBuffer rows_;
  const int64_t now_ms_;
  IntervalChanges changes_;
};

// Appends the staged intervals to `_intervals`. Versions without any row get all staged ranges in
// one statement; for the others the existing rows are folded first, so that nothing covered is
// appended again. Memory is bounded, because groups are read through a cursor.
absl::StatusOr<IntervalChanges> MergeIntervals(Session& session, std::string_view schema) {
  return IntervalMerger(session, schema).Merge();
}

class Merger {
 public:
  Merger(Session& session, std::string_view schema, ImportMode mode)
      : session_(session), schema_(schema), mode_(mode) {}

  absl::StatusOr<MergeReport> Merge() {
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

  // SQLMesh drops and creates the tables. Emptying them keeps their grants and does not affect
  // readers that began before.
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

  // Deletes the rows that `delete_sql` finds in the stage, inserts the staged ones, and counts
  // both. A deleted row that no inserted one replaces counts as deleted; only a table without its
  // primary key has such rows. Adds to `changes->deleted`.
  absl::Status ReplaceRows(std::string_view table, const std::string& delete_sql,
                           const std::string& insert_sql, TableChanges* changes) {
    int64_t before = 0, removed = 0;
    if (mode_ == ImportMode::kMerge) {
      ASSIGN_OR_RETURN(before, CountOf(session_, Cat("SELECT count(*) FROM ", Table(table))));
      ASSIGN_OR_RETURN(removed, Affected(session_, delete_sql));
    }
    ASSIGN_OR_RETURN(int64_t inserted, Affected(session_, insert_sql));
    changes->left_alone = before - removed;
    changes->replaced = std::min(removed, inserted);
    changes->deleted += removed - changes->replaced;
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

  // As in SQLMesh, a missing or zero time leaves an existing row unchanged.
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
          "pg_temp.stage_items i WHERE i.environment = e.key AND i.list = ",
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

  // The row of a staged environment without statements is deleted; one with statements is replaced.
  absl::Status Statements() {
    std::string delete_sql =
        Cat("DELETE FROM ", Table("_environment_statements"),
            " t USING pg_temp.stage_environments s WHERE t.environment_name = s.name AND ");
    if (mode_ == ImportMode::kMerge) {
      ASSIGN_OR_RETURN(report_.statements.deleted,
                       Affected(session_, Cat(delete_sql, "s.statements IS NULL")));
    }
    return ReplaceRows(
        "_environment_statements", Cat(delete_sql, "s.statements IS NOT NULL"),
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
        Cat("Duplicate snapshot: (name, identifier)=(", snapshots.Text(0, 0), ", ",
            snapshots.Text(0, 1), ") occurs ", snapshots.Int(0, 2), " times in the state file"),
        "Remove the repeated entries from the file's `snapshots`.",
        {{"record", std::string(snapshots.Text(0, 0))},
         {"identifier", std::string(snapshots.Text(0, 1))}});
  }
  // An environment is identified by its name, and its entries by its key.
  ASSIGN_OR_RETURN(
      Result environments,
      session.Query("SELECT x.text, count(*) FROM pg_temp.stage_environments e, LATERAL (VALUES "
                    "('name', e.name), ('key', e.key)) x (kind, text) GROUP BY x.kind, x.text "
                    "HAVING count(*) > 1 ORDER BY x.text COLLATE \"C\" LIMIT 1"));
  if (environments.rows() == 0) return absl::OkStatus();
  return Error(Reason::RECORD_DUPLICATE,
               Cat("Duplicate environment: '", environments.Text(0, 0), "' occurs ",
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
                 "Export the file again with those environments whole, or set "
                 "`drop_dangling` to leave these entries out.",
                 {{"environment", std::string(rows.Text(0, 0))},
                  {"record", std::string(rows.Text(0, 1))},
                  {"identifier", std::string(rows.Text(0, 2))}});
  }
  NoteCounter dropped;
  for (size_t row = 0; row < rows.rows(); ++row) {
    dropped.Add(Cat(rows.Text(row, 0), ": ", rows.Text(row, 1), " ", rows.Text(row, 2)));
  }
  dropped.AppendTo("dropped_dangling",
                   "environment entries left out, because their snapshots are neither in the state "
                   "file nor in the state",
                   notes);
  // Also removes the promoted ids of dropped entries.
  return session.Execute(
      Cat("CREATE TEMPORARY TABLE stage_dropped ON COMMIT DROP AS SELECT i.environment, "
          "i.ref_name, i.ref_identifier FROM pg_temp.stage_items i WHERE ",
          dangling,
          "; DELETE FROM pg_temp.stage_items i USING pg_temp.stage_dropped d WHERE i.list IN (0, "
          "2) AND i.environment = d.environment AND i.ref_name = d.ref_name AND i.ref_identifier = "
          "d.ref_identifier"));
}

absl::StatusOr<MergeReport> ApplyStage(Session& session, std::string_view schema, ImportMode mode) {
  return Merger(session, schema, mode).Merge();
}

}  // namespace stateserver::transfer
