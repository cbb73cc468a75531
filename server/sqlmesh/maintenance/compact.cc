// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/compact.h"

#include <string>
#include <vector>

#include "common/error.h"
#include "common/failpoint.h"
#include "common/text.h"
#include "common/time.h"
#include "common/uuid.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/intervals/wire.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::maintenance {

absl::StatusOr<operations::Outcome<CompactionCounts>> CompactState(
    postgres::Pool& pool, const CallContext& context,
    const restore_points::StateChangeOptions& options, const operations::Progress& progress) {
  auto check = [&](postgres::Session& session) {
    return restore_points::CurrentVersions(session, options.database, options.schema).status();
  };
  auto compact = [&](operations::Change& change, CompactionCounts* counts) -> absl::Status {
    RETURN_IF_ERROR(
        restore_points::BeginStateChange(change, pool, context, options, progress).status());
    CompactionScope scope;
    scope.dry_run = change.dry_run();
    ASSIGN_OR_RETURN(*counts, CompactIntervals(change.session(), options.schema, scope,
                                               [&](int64_t done, int64_t total) {
                                                 progress("Compacting intervals", done, total);
                                               }));
    return absl::OkStatus();
  };
  return operations::RunChange<CompactionCounts>(
      pool, context, restore_points::ChangeRequestOf(options, "compact"), check, compact);
}

namespace {

void Add(const state::FoldedKey& key, bool is_dev, int64_t now_ms,
         std::vector<state::IntervalRow>* rows) {
  for (const state::Interval& range : is_dev ? key.dev_intervals : key.intervals) {
    state::IntervalRow& row = rows->emplace_back();
    row.identifier = key.identifier;
    row.dev_version = key.dev_version;
    row.created_ts = now_ms;
    row.start_ts = range.start;
    row.end_ts = range.end;
    row.is_dev = is_dev;
    row.last_altered_ts = is_dev ? key.dev_last_altered_ts : key.last_altered_ts;
  }
}

using postgres::Result;

constexpr int kVersionsPerFetch = 100;

constexpr char kIntervalColumns[] =
    "id, created_ts, name, identifier, version, dev_version, start_ts, end_ts, is_dev, "
    "is_removed, is_compacted, is_pending_restatement, last_altered_ts";

postgres::CopyLine LineOf(std::string_view name, std::string_view version,
                          const state::IntervalRow& row) {
  postgres::CopyLine line;
  line.Text(NewHexId()).Int(row.created_ts).Text(name).Text(row.identifier).Text(version);
  line.Text(row.dev_version).Int(row.start_ts).Int(row.end_ts).Bool(row.is_dev).Bool(false);
  line.Bool(true).Bool(row.is_pending_restatement).Int(row.last_altered_ts);
  return line;
}

class Compaction {
 public:
  Compaction(postgres::Session& session, std::string_view schema, const CompactionScope& scope,
             const CompactionProgress& progress)
      : session_(session),
        table_(store::Qualified(schema, "_intervals")),
        scope_(scope),
        progress_(progress),
        now_ms_(NowMs()),
        rows_(session, Cat(table_, " (", kIntervalColumns, ")")) {}

  absl::StatusOr<CompactionCounts> Compact() {
    RETURN_IF_ERROR(FindVersions());
    RETURN_IF_ERROR(OpenCursor());
    RETURN_IF_ERROR(RemoveRows());
    RETURN_IF_ERROR(WriteFolds());
    RETURN_IF_ERROR(session_.Execute("CLOSE compact_rows; DROP TABLE pg_temp.compact_versions"));
    return counts_;
  }

 private:
  absl::Status FindVersions() {
    std::string scope = scope_.where.empty() ? "" : Cat(" AND (", scope_.where, ")");
    RETURN_IF_ERROR(session_.Execute(
        Cat("CREATE TEMPORARY TABLE compact_versions ON COMMIT DROP AS SELECT DISTINCT t.name, "
            "t.version FROM ",
            table_, " t WHERE NOT t.is_compacted", scope, "; ANALYZE pg_temp.compact_versions")));
    ASSIGN_OR_RETURN(Result count, session_.Query("SELECT count(*) FROM pg_temp.compact_versions"));
    counts_.versions = count.Int(0, 0);
    return absl::OkStatus();
  }

  // The cursor keeps its view of the rows, regardless of later deletions and insertions.
  absl::Status OpenCursor() {
    return session_.Execute(
        Cat("DECLARE compact_rows CURSOR FOR SELECT k.name, k.version, (SELECT ",
            state::AggregatedIntervalsSql(store::NewestVersions().schema_version, "t"), " FROM ",
            table_,
            " t WHERE t.name = k.name AND t.version = k.version) FROM "
            "pg_temp.compact_versions k ORDER BY k.name, k.version"));
  }

  absl::Status RemoveRows() {
    std::string of_versions = Cat(table_,
                                  " t USING pg_temp.compact_versions k WHERE t.name = "
                                  "k.name AND t.version = k.version");
    if (scope_.dry_run) {
      ASSIGN_OR_RETURN(Result count,
                       session_.Query(Cat("SELECT count(*) FROM ", table_,
                                          " t JOIN pg_temp.compact_versions k ON t.name = k.name "
                                          "AND t.version = k.version")));
      counts_.rows_deleted = count.Int(0, 0);
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(Result deleted, session_.Query(Cat("DELETE FROM ", of_versions)));
    counts_.rows_deleted = deleted.affected_rows();
    return absl::OkStatus();
  }

  absl::Status WriteFolds() {
    int64_t done = 0;
    progress_(0, counts_.versions);
    while (true) {
      ASSIGN_OR_RETURN(Result versions,
                       session_.Query(Cat("FETCH ", kVersionsPerFetch, " FROM compact_rows")));
      if (versions.rows() == 0) return absl::OkStatus();
      RETURN_IF_ERROR(WriteSome(versions));
      done += static_cast<int64_t>(versions.rows());
      progress_(done, counts_.versions);
      FAILPOINT("compact.mid");
    }
  }

  absl::Status WriteSome(const Result& versions) {
    for (size_t row = 0; row < versions.rows(); ++row) {
      RETURN_IF_ERROR(Fold(versions.Text(row, 0), versions.Text(row, 1), versions.Text(row, 2)));
    }
    return rows_.Flush();
  }

  absl::Status Fold(std::string_view name, std::string_view version, std::string_view text) {
    if (!state::ParseAggregatedIntervals(text, &version_rows_)) {
      return Error(Reason::STATE_CORRUPT,
                   Cat("The rows of '_intervals' for ", name, " version ", version,
                       " cannot be read: a row lacks its start or end"),
                   "Delete or repair that row; Check finds all such rows.",
                   {{"record", std::string(name)}});
    }
    for (const auto& row : CompactedRows(state::FoldIntervals(version_rows_), now_ms_)) {
      ++counts_.rows_inserted;
      if (!scope_.dry_run) RETURN_IF_ERROR(rows_.Add(LineOf(name, version, row)));
    }
    return absl::OkStatus();
  }

  postgres::Session& session_;
  const std::string table_;
  const CompactionScope& scope_;
  const CompactionProgress& progress_;
  const int64_t now_ms_;
  std::vector<state::IntervalRow> version_rows_;
  postgres::RowBuffer rows_;
  CompactionCounts counts_;
};

}  // namespace

std::vector<state::IntervalRow> CompactedRows(const state::FoldedGroup& group, int64_t now_ms) {
  std::vector<state::IntervalRow> rows;
  // SQLMesh folds the pending ranges into the key without names.
  std::optional<int64_t> pending_last_altered;
  for (const state::FoldedKey& key : group.keys) {
    Add(key, /*is_dev=*/false, now_ms, &rows);
    Add(key, /*is_dev=*/true, now_ms, &rows);
    if (!key.identifier && !key.dev_version) pending_last_altered = key.last_altered_ts;
  }
  for (const state::Interval& range : group.pending) {
    state::IntervalRow& row = rows.emplace_back();
    row.created_ts = now_ms;
    row.start_ts = range.start;
    row.end_ts = range.end;
    row.is_pending_restatement = true;
    row.last_altered_ts = pending_last_altered;
  }
  return rows;
}

absl::StatusOr<CompactionCounts> CompactIntervals(postgres::Session& session,
                                                  std::string_view schema,
                                                  const CompactionScope& scope,
                                                  const CompactionProgress& progress) {
  return Compaction(session, schema, scope, progress).Compact();
}

}  // namespace stateserver::maintenance
