// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/operations/convert.h"

#include "common/text.h"

namespace stateserver::rpc {
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
  v1::AuditOutcome_Parse("AUDIT_OUTCOME_" + Upper(event.event), &outcome);
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

}  // namespace stateserver::rpc
