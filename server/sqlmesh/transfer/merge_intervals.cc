// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/merge_intervals.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "common/timestamps.h"
#include "common/uuid.h"
#include "server/sqlmesh/intervals/append.h"
#include "server/sqlmesh/intervals/wire.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::transfer {
namespace {

using postgres::Result;
using postgres::Session;
using store::Qualified;

constexpr int kGroupsPerFetch = 2000;

constexpr char kIntervalColumns[] =
    "id, created_ts, name, identifier, version, start_ts, end_ts, is_dev, is_removed, "
    "is_compacted, is_pending_restatement, dev_version, last_altered_ts";
// As SQLMesh makes them: uuid4().hex.
constexpr char kNewId[] = "replace(gen_random_uuid()::text, '-', '')";

// What is staged for one snapshot, parsed from the cursor's text.
struct StagedSnapshot {
  std::string identifier;
  std::string dev_version;
  state::Intervals intervals, dev_intervals, pending;
};

// The staged ranges come in the wire form of existing rows, in any order of
// snapshots; pending ones name no snapshot and go to one of their own.
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

class IntervalMerge {
 public:
  IntervalMerge(Session& session, std::string_view schema)
      : session_(session), table_(Qualified(schema, "_intervals")), now_ms_(NowMs()) {}

  absl::StatusOr<IntervalChanges> Run() {
    RETURN_IF_ERROR(SplitByVersion());
    RETURN_IF_ERROR(AppendToNewVersions());
    RETURN_IF_ERROR(AppendToKnownVersions());
    return changes_;
  }

 private:
  // The versions that have rows already; usually none or all.
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
    // A staged row takes the shape of an existing one, so that one reader serves
    // both.
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
    std::vector<std::string> lines;
    for (size_t row = 0; row < groups.rows(); ++row) {
      RETURN_IF_ERROR(PlanGroup(groups.Text(row, 0), groups.Text(row, 1), groups.Text(row, 2),
                                groups.Text(row, 3), &lines));
    }
    if (lines.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto copy, session_.StartCopyIn(Cat(table_, " (", kIntervalColumns, ")")));
    for (const std::string& line : lines) RETURN_IF_ERROR(copy->Line(line));
    changes_.inserted += static_cast<int64_t>(lines.size());
    return copy->Finish();
  }

  absl::Status PlanGroup(std::string_view name, std::string_view version,
                         std::string_view existing_text, std::string_view staged_text,
                         std::vector<std::string>* lines) {
    std::vector<state::IntervalRow> existing, staged_rows;
    if (!state::ParseAggregatedIntervals(existing_text, &existing) ||
        !state::ParseAggregatedIntervals(staged_text, &staged_rows)) {
      return Error(Reason::STATE_CORRUPT,
                   Cat("the rows of _intervals for ", name, " version ", version,
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
    for (const state::IntervalRow& row : plan.rows) AddLine(name, version, row, lines);
    return absl::OkStatus();
  }

  void AddLine(std::string_view name, std::string_view version, const state::IntervalRow& row,
               std::vector<std::string>* lines) {
    std::string line;
    auto field = [&](std::string_view text) {
      postgres::AppendCopyField(text, &line);
      line.push_back('\t');
    };
    auto optional = [&](const std::optional<std::string_view>& text) {
      if (text.has_value()) return field(*text);
      postgres::AppendCopyNull(&line);
      line.push_back('\t');
    };
    field(NewHexId());
    field(Cat(row.created_ts));
    field(name);
    optional(row.identifier);
    field(version);
    field(Cat(row.start_ts));
    field(Cat(row.end_ts));
    field(row.is_dev ? "t" : "f");
    field("f");
    field("f");
    field(row.is_pending_restatement ? "t" : "f");
    optional(row.dev_version);
    postgres::AppendCopyNull(&line);
    lines->push_back(std::move(line));
  }

  Session& session_;
  const std::string table_;
  const int64_t now_ms_;
  IntervalChanges changes_;
};

}  // namespace

absl::StatusOr<IntervalChanges> MergeIntervals(Session& session, std::string_view schema) {
  return IntervalMerge(session, schema).Run();
}

}  // namespace stateserver::transfer
