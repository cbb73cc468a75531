// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/stage.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::transfer {

namespace {

using postgres::CopyLine;

constexpr char kCreate[] = R"(
CREATE TEMPORARY TABLE stage_snapshots (
  name text, identifier text, version text, snapshot text, kind_name text, updated_ts bigint,
  unpaused_ts bigint, ttl_ms bigint, unrestorable boolean, forward_only boolean,
  dev_version text, fingerprint text, next_auto_restatement_ts bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_intervals (
  name text, version text, identifier text, dev_version text, start_ts bigint, end_ts bigint,
  is_dev boolean, is_pending boolean) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_environments (
  key text, name text, start_at text, end_at text, plan_id text, previous_plan_id text,
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
    "pg_temp.stage_environments (key, name, start_at, end_at, plan_id, previous_plan_id, "
    "expiration_ts, finalized_ts, has_promoted, suffix_target, catalog_name_override, "
    "normalize_name, requirements, gateway_managed, has_previous, statements)",
    "pg_temp.stage_items (environment, list, seq, items, ref_name, ref_identifier)",
};

// Long enough to keep the number of rows small, and short enough to keep memory small.
constexpr size_t kRunBytes = 512 << 10;

// SQLMesh writes these columns with Python's json.dumps.
constexpr json::Style kStored{json::Layout::kSpaced, json::Charset::kAscii};

std::string_view ListName(ListKind list) {
  switch (list) {
    case ListKind::kSnapshots:
      return "snapshots";
    case ListKind::kPreviousFinalized:
      return "previous_finalized_snapshots";
    case ListKind::kPromoted:
      return "promoted_snapshot_ids";
  }
  return "";
}

}  // namespace

Stage::Stage(postgres::Session& session) {
  for (const char* target : kTargets) rows_.emplace_back(session, target);
}

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
  RETURN_IF_ERROR(rows_[kSnapshotRows].Add(line));
  auto add = [&](const std::vector<state::Interval>& list, bool dev, bool pending) -> absl::Status {
    for (const state::Interval& interval : list) {
      if (interval.start >= interval.end) continue;  // SQLMesh skips them too
      CopyLine row;
      row.Text(s.name).Text(s.version);
      if (pending) {
        row.Null().Null();
      } else {
        row.Text(s.identifier).Text(s.dev_version);
      }
      row.Int(interval.start).Int(interval.end).Bool(dev).Bool(pending);
      RETURN_IF_ERROR(rows_[kIntervalRows].Add(row));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(add(s.intervals, false, false));
  RETURN_IF_ERROR(add(s.dev_intervals, true, false));
  return add(s.pending_restatement_intervals, false, true);
}

absl::Status Stage::AddEnvironment(std::string_view key,
                                   const state::DecodedEnvironment& environment) {
  const state::EnvironmentRow& e = environment.row;
  CopyLine line;
  line.Text(key)
      .Text(e.name)
      .Text(e.start_at)
      .Text(e.end_at)
      .Text(e.plan_id)
      .Text(e.previous_plan_id);
  line.Int(e.expiration_ts).Int(e.finalized_ts).Bool(environment.has_promoted_snapshot_ids);
  line.Text(e.suffix_target).Text(e.catalog_name_override).Bool(e.normalize_name);
  line.Text(e.requirements).Bool(e.gateway_managed);
  line.Bool(environment.has_previous_finalized_snapshots);
  environment.statements_json.empty() ? line.Null() : line.Text(environment.statements_json);
  return rows_[kEnvironmentRows].Add(line);
}

absl::Status Stage::AddItems(std::string_view key, ListKind list, std::string_view items,
                             std::optional<Reference> reference) {
  CopyLine line;
  line.Text(key).Int(static_cast<int64_t>(list)).Int(next_item_++).Text(items);
  if (reference.has_value()) {
    line.Text(reference->name).Text(reference->identifier);
  } else {
    line.Null().Null();
  }
  return rows_[kItemRows].Add(line);
}

absl::Status Stage::Flush() {
  for (postgres::RowBuffer& rows : rows_) RETURN_IF_ERROR(rows.Flush());
  return absl::OkStatus();
}

EnvironmentImport::EnvironmentImport(Stage& stage, const SnapshotKeySet& known,
                                     UnknownFieldNotes& unknown_fields)
    : stage_(stage), known_(known), unknown_fields_(unknown_fields) {}

void EnvironmentImport::Begin(std::string_view name) {
  name_ = name;
  run_.clear();
  list_ = ListKind::kSnapshots;
  splitter_ = std::make_unique<json::PathSplitter>(
      std::vector<std::string>{"environment.snapshots[*]",
                               "environment.previous_finalized_snapshots[*]",
                               "environment.promoted_snapshot_ids[*]"},
      this);
}

// The error concerns the record as a whole, not the file around it.
absl::Status EnvironmentImport::OfRecord(const absl::Status& status) const {
  Reason reason = ReasonOf(status);
  bool syntax = reason == Reason::FILE_MALFORMED || reason == Reason::FILE_TRUNCATED;
  if (!syntax && reason != Reason::RECORD_INVALID && reason != Reason::RECORD_TOO_LARGE) {
    return status;
  }
  absl::Status out = syntax ? WithReason(status, Reason::RECORD_INVALID) : status;
  return WithFact(WithSuffix(out, Cat(" (environments.", name_, ")")), "environment", name_);
}

absl::Status EnvironmentImport::Feed(std::string_view json) {
  return OfRecord(splitter_->Feed(json));
}

absl::Status EnvironmentImport::End() {
  RETURN_IF_ERROR(OfRecord(splitter_->Finish()));
  RETURN_IF_ERROR(FlushRun());
  auto environment = codec_.Decode(name_, splitter_->remainder());
  RETURN_IF_ERROR(OfRecord(environment.status()));
  has_statements_ = !environment->statements_json.empty();
  std::string record = Cat("environments.", name_);
  unknown_fields_.AddStored(record, environment->unknown_fields);
  unknown_fields_.AddUnstored(record, environment->unstored_fields);
  return stage_.AddEnvironment(name_, *environment);
}

absl::Status EnvironmentImport::OnValueBegin(const json::CutValue& value) {
  ListKind list = static_cast<ListKind>(value.cut);
  if (list != list_) RETURN_IF_ERROR(FlushRun());
  list_ = list;
  index_ = value.index;
  element_.clear();
  return absl::OkStatus();
}

absl::Status EnvironmentImport::OnValueBytes(std::string_view piece) {
  element_.append(piece);
  if (element_.size() <= (64u << 20)) return absl::OkStatus();
  return Error(Reason::RECORD_TOO_LARGE,
               Cat(ListName(list_), "[", index_, "] is longer than 64 MiB"));
}

absl::StatusOr<EnvironmentImport::Id> EnvironmentImport::CheckElement() {
  int64_t index = static_cast<int64_t>(index_);
  if (list_ == ListKind::kPromoted) {
    ASSIGN_OR_RETURN(auto id, codec_.ReadSnapshotId(name_, index, element_));
    return Id{std::string(id.name), std::string(id.identifier)};
  }
  ASSIGN_OR_RETURN(auto info, codec_.ReadTableInfo(name_, ListName(list_), index, element_));
  return Id{std::string(info.name), std::move(info.identifier)};
}

absl::Status EnvironmentImport::OnValueEnd() {
  ASSIGN_OR_RETURN(Id id, CheckElement());
  if (codec_.unknown_fields().any()) {
    unknown_fields_.AddStored(
        Cat("environments.", name_, ".environment.", ListName(list_), "[", index_, "]"),
        codec_.unknown_fields());
  }
  spaced_.clear();
  json::Restyler restyler(kStored);
  restyler.Feed(element_, &spaced_);
  restyler.Finish(&spaced_);
  bool resolved =
      list_ == ListKind::kPreviousFinalized || known_.contains(KeyOf(id.name, id.identifier));
  if (!resolved) {
    RETURN_IF_ERROR(FlushRun());
    return stage_.AddItems(name_, list_, spaced_, Stage::Reference{id.name, id.identifier});
  }
  if (!run_.empty()) run_ += ", ";
  run_ += spaced_;
  return run_.size() >= kRunBytes ? FlushRun() : absl::OkStatus();
}

absl::Status EnvironmentImport::FlushRun() {
  if (run_.empty()) return absl::OkStatus();
  absl::Status status = stage_.AddItems(name_, list_, run_, std::nullopt);
  run_.clear();
  return status;
}

}  // namespace stateserver::transfer
