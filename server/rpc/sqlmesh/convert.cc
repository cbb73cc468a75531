// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/convert.h"

#include "common/error.h"
#include "common/text.h"
#include "server/rpc/times.h"

namespace stateserver::rpc {

v1::Versions ToProto(const store::Versions& versions) {
  v1::Versions out;
  out.set_schema_version(versions.schema_version);
  out.set_sqlglot_version(versions.sqlglot_version);
  out.set_sqlmesh_version(versions.sqlmesh_version);
  return out;
}

store::Versions FromProto(const v1::Versions& versions) {
  return {versions.schema_version(), versions.sqlglot_version(), versions.sqlmesh_version()};
}

v1::StateCounts ToProto(const transfer::Counts& counts) {
  v1::StateCounts out;
  out.set_snapshots(counts.snapshots);
  out.set_environments(counts.environments);
  out.set_intervals(counts.intervals);
  out.set_statements(counts.statements);
  out.set_auto_restatements(counts.auto_restatements);
  return out;
}

v1::Note ToProto(const transfer::Note& note) {
  v1::Note out;
  v1::NoteKind kind = v1::NOTE_KIND_UNSPECIFIED;
  v1::NoteKind_Parse("NOTE_KIND_" + Upper(note.kind), &kind);
  out.set_kind(kind);
  out.set_count(note.count);
  out.set_message(note.message);
  for (const std::string& record : note.records) out.add_records(record);
  return out;
}

v1::ExportTrailer ToProto(const transfer::ExportTrailer& trailer) {
  v1::ExportTrailer out;
  *out.mutable_counts() = ToProto(trailer.counts);
  out.set_checksum(trailer.checksum);
  out.set_state_token(trailer.state_token);
  for (const transfer::Note& note : trailer.notes) *out.add_notes() = ToProto(note);
  return out;
}

v1::TableChanges ToProto(const transfer::TableChanges& changes) {
  v1::TableChanges out;
  out.set_inserted(changes.inserted);
  out.set_replaced(changes.replaced);
  out.set_left_alone(changes.left_alone);
  out.set_deleted(changes.deleted);
  return out;
}

v1::EnvironmentSummary ToProto(const store::EnvironmentSummary& summary) {
  const store::EnvironmentRow& row = summary.row;
  v1::EnvironmentSummary out;
  out.set_name(row.name);
  out.set_snapshots(summary.snapshots);
  out.set_plan_id(row.plan_id.value_or(""));
  out.set_start_at(row.start_at.value_or(""));
  out.set_end_at(row.end_at.value_or(""));
  if (row.expiration_ts.has_value()) out.set_expiration_ts(*row.expiration_ts);
  if (row.finalized_ts.has_value()) out.set_finalized_ts(*row.finalized_ts);
  out.set_suffix_target(row.suffix_target.value_or(""));
  out.set_expired(summary.expired);
  return out;
}

v1::SnapshotSummary ToProto(const store::SnapshotSummary& summary) {
  v1::SnapshotSummary out;
  out.set_name(summary.name);
  out.set_identifier(summary.identifier);
  out.set_version(summary.version);
  out.set_kind(summary.kind);
  if (summary.updated_ts.has_value()) out.set_updated_ts(*summary.updated_ts);
  if (summary.unpaused_ts.has_value()) out.set_unpaused_ts(*summary.unpaused_ts);
  out.set_ttl_ms(summary.ttl_ms);
  out.set_unrestorable(summary.unrestorable);
  out.set_forward_only(summary.forward_only);
  return out;
}

v1::RestorePoint ToProto(const restore_points::RestorePoint& point) {
  v1::RestorePoint out;
  out.set_id(point.id);
  *out.mutable_created_time() = TimeToProto(point.created_ts);
  out.set_reason(point.reason);
  out.set_operation_id(point.operation_id);
  *out.mutable_versions() = ToProto(point.versions);
  out.set_snapshots(point.snapshots);
  out.set_environments(point.environments);
  out.set_interval_rows(point.interval_rows);
  out.set_stored_bytes(point.stored_bytes);
  out.set_raw_bytes(point.raw_bytes);
  return out;
}

absl::StatusOr<transfer::RecordPart> PartOf(const v1::Record& record) {
  transfer::RecordPart part;
  switch (record.section()) {
    case v1::SECTION_SNAPSHOTS:
      part.section = transfer::Section::kSnapshots;
      break;
    case v1::SECTION_ENVIRONMENTS:
      part.section = transfer::Section::kEnvironments;
      break;
    default:
      return Error(Reason::ARGUMENT_INVALID, "A record names no section of the state file", "",
                   {{"field", "records.section"}});
  }
  part.name = record.name();
  part.identifier = record.identifier();
  part.json = record.json();
  part.continued = record.continued();
  return part;
}

}  // namespace stateserver::rpc
