// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/stage.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/transfer/copy_line.h"

namespace stateserver::transfer {
namespace {

constexpr char kCreate[] = R"(
CREATE TEMPORARY TABLE stage_snapshots (
  name text, identifier text, version text, snapshot text, kind_name text, updated_ts bigint,
  unpaused_ts bigint, ttl_ms bigint, unrestorable boolean, forward_only boolean,
  dev_version text, fingerprint text, next_auto_restatement_ts bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_intervals (
  name text, version text, identifier text, dev_version text, start_ts bigint, end_ts bigint,
  is_dev boolean, is_pending boolean) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_environments (
  name text, start_at text, end_at text, plan_id text, previous_plan_id text,
  expiration_ts bigint, finalized_ts bigint, has_promoted boolean, suffix_target text,
  catalog_name_override text, normalize_name boolean, requirements text,
  gateway_managed boolean, has_previous boolean, statements text) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_items (
  environment text, list smallint, seq bigint, items text, ref_name text,
  ref_identifier text) ON COMMIT DROP;
)";

constexpr const char* kTargets[] = {
    "pg_temp.stage_snapshots (name, identifier, version, snapshot, kind_name, updated_ts, "
    "unpaused_ts, ttl_ms, unrestorable, forward_only, dev_version, fingerprint, "
    "next_auto_restatement_ts)",
    "pg_temp.stage_intervals (name, version, identifier, dev_version, start_ts, end_ts, is_dev, "
    "is_pending)",
    "pg_temp.stage_environments (name, start_at, end_at, plan_id, previous_plan_id, "
    "expiration_ts, finalized_ts, has_promoted, suffix_target, catalog_name_override, "
    "normalize_name, requirements, gateway_managed, has_previous, statements)",
    "pg_temp.stage_items (environment, list, seq, items, ref_name, ref_identifier)",
};

}  // namespace

absl::StatusOr<std::unique_ptr<Stage>> Stage::Create(postgres::Session& session) {
  RETURN_IF_ERROR(session.Execute(kCreate));
  return std::unique_ptr<Stage>(new Stage(session));
}

absl::Status Stage::AddSnapshot(const state::DecodedSnapshot& s) {
  CopyLine line;
  line.Reserve(s.stored_json.size() + s.stored_json.size() / 8 + 512);
  line.Text(s.name).Text(s.identifier);
  s.has_version ? line.Text(s.version) : line.Null();
  line.Text(s.stored_json).Text(s.kind_name);
  line.Int(s.updated_ts).Int(s.unpaused_ts).Int(s.ttl_ms).Bool(s.unrestorable);
  line.Bool(s.forward_only).Text(s.dev_version).Text(s.fingerprint_json);
  line.Int(s.next_auto_restatement_ts);
  RETURN_IF_ERROR(Add(kSnapshotRows, line.Take()));
  auto add = [&](const std::vector<state::Interval>& list, bool dev, bool pending) -> absl::Status {
    for (const state::Interval& interval : list) {
      if (interval.start >= interval.end) continue;  // SQLMesh skips them, too
      CopyLine row;
      row.Text(s.name).Text(s.version);
      if (pending) {
        row.Null().Null();
      } else {
        row.Text(s.identifier).Text(s.dev_version);
      }
      row.Int(interval.start).Int(interval.end).Bool(dev).Bool(pending);
      RETURN_IF_ERROR(Add(kIntervalRows, row.Take()));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(add(s.intervals, false, false));
  RETURN_IF_ERROR(add(s.dev_intervals, true, false));
  return add(s.pending_restatement_intervals, false, true);
}

absl::Status Stage::AddEnvironment(const state::DecodedEnvironment& environment) {
  const state::EnvironmentRow& e = environment.row;
  CopyLine line;
  line.Text(e.name).Text(e.start_at).Text(e.end_at).Text(e.plan_id).Text(e.previous_plan_id);
  line.Int(e.expiration_ts).Int(e.finalized_ts).Bool(environment.has_promoted_snapshot_ids);
  line.Text(e.suffix_target).Text(e.catalog_name_override).Bool(e.normalize_name);
  line.Text(e.requirements).Bool(e.gateway_managed);
  line.Bool(environment.has_previous_finalized_snapshots);
  environment.statements_json.empty() ? line.Null() : line.Text(environment.statements_json);
  return Add(kEnvironmentRows, line.Take());
}

absl::Status Stage::AddItems(std::string_view environment, ListKind list, std::string_view items,
                             std::optional<Reference> reference) {
  CopyLine line;
  line.Text(environment).Int(static_cast<int64_t>(list)).Int(next_item_++).Text(items);
  if (reference.has_value()) {
    line.Text(reference->name).Text(reference->identifier);
  } else {
    line.Null().Null();
  }
  return Add(kItemRows, line.Take());
}

absl::Status Stage::Add(Table table, std::string line) {
  bytes_[table] += line.size();
  lines_[table].push_back(std::move(line));
  return bytes_[table] >= kFlushBytes ? Flush(table) : absl::OkStatus();
}

absl::Status Stage::Flush(Table table) {
  if (lines_[table].empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::unique_ptr<postgres::CopyIn> copy, session_.StartCopyIn(kTargets[table]));
  for (const std::string& line : lines_[table]) RETURN_IF_ERROR(copy->Line(line));
  RETURN_IF_ERROR(copy->Finish());
  lines_[table].clear();
  bytes_[table] = 0;
  return absl::OkStatus();
}

absl::Status Stage::Flush() {
  for (int table = 0; table < kTables; ++table) {
    RETURN_IF_ERROR(Flush(static_cast<Table>(table)));
  }
  return absl::OkStatus();
}

}  // namespace stateserver::transfer
