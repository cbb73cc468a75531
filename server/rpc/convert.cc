#include "server/rpc/convert.h"

#include <cctype>

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
  out.set_kind(note.kind);
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

namespace {

v1::OperationStatus StatusToProto(operations::OperationStatus status) {
  switch (status) {
    case operations::OperationStatus::kRunning:
      return v1::OPERATION_STATUS_RUNNING;
    case operations::OperationStatus::kSucceeded:
      return v1::OPERATION_STATUS_SUCCEEDED;
    case operations::OperationStatus::kFailed:
      return v1::OPERATION_STATUS_FAILED;
    case operations::OperationStatus::kRefused:
      return v1::OPERATION_STATUS_REFUSED;
    case operations::OperationStatus::kAbandoned:
      return v1::OPERATION_STATUS_ABANDONED;
  }
  return v1::OPERATION_STATUS_UNSPECIFIED;
}

v1::ErrorReason ReasonFromName(const std::string& name) {
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  v1::ErrorReason_Parse("ERROR_REASON_" + name, &reason);
  return reason;
}

}  // namespace

v1::Operation ToProto(const operations::OperationRecord& record) {
  v1::Operation out;
  out.set_id(record.id);
  out.set_kind(record.kind);
  out.set_status(StatusToProto(record.status));
  out.set_gateway(record.gateway);
  out.set_principal(record.principal);
  out.set_started_ts(record.started_ts);
  out.set_finished_ts(record.finished_ts);
  out.set_details_json(record.details_json);
  out.set_error(record.error);
  out.set_error_reason(ReasonFromName(record.error_reason));
  out.set_restore_point_id(record.restore_point_id);
  return out;
}

v1::AuditEvent ToProto(const operations::AuditEvent& event) {
  v1::AuditEvent out;
  out.set_seq(event.seq);
  out.set_at_ts(event.at_ts);
  v1::AuditOutcome outcome = v1::AUDIT_OUTCOME_UNSPECIFIED;
  std::string name = event.event;
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  v1::AuditOutcome_Parse("AUDIT_OUTCOME_" + name, &outcome);
  out.set_outcome(outcome);
  out.set_operation_id(event.operation_id);
  out.set_kind(event.kind);
  out.set_gateway(event.gateway);
  out.set_principal(event.principal);
  out.set_method(event.method);
  out.set_peer(event.peer);
  out.set_trace_id(event.trace_id);
  out.set_arguments_json(event.arguments_json);
  out.set_details_json(event.details_json);
  out.set_error(event.error);
  out.set_error_reason(ReasonFromName(event.error_reason));
  return out;
}

v1::RestorePoint ToProto(const operations::RestorePoint& point) {
  v1::RestorePoint out;
  out.set_id(point.id);
  out.set_created_ts(point.created_ts);
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

}  // namespace stateserver::rpc
