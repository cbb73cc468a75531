// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/operations/convert.h"

#include <array>
#include <string_view>
#include <utility>

#include "common/text.h"
#include "google/protobuf/util/json_util.h"
#include "server/rpc/times.h"

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

// The names in stateserver.operations and stateserver.audit.
constexpr std::array<std::pair<std::string_view, v1::OperationKind>, 12> kKinds = {{
    {"import", v1::OPERATION_KIND_IMPORT},
    {"import --replace", v1::OPERATION_KIND_IMPORT_REPLACE},
    {"migrate", v1::OPERATION_KIND_MIGRATE},
    {"rollback", v1::OPERATION_KIND_ROLLBACK},
    {"restore", v1::OPERATION_KIND_RESTORE},
    {"compact", v1::OPERATION_KIND_COMPACT},
    {"expired --delete", v1::OPERATION_KIND_DELETE_EXPIRED},
    {"schema upgrade", v1::OPERATION_KIND_UPGRADE},
    {"schema downgrade", v1::OPERATION_KIND_DOWNGRADE},
    {"schema repair", v1::OPERATION_KIND_REPAIR},
    {"schema stamp", v1::OPERATION_KIND_STAMP},
    {"run macros", v1::OPERATION_KIND_RUN_MACROS},
}};

v1::AuthMethod MethodFromName(const std::string& name) {
  v1::AuthMethod method = v1::AUTH_METHOD_UNSPECIFIED;
  v1::AuthMethod_Parse("AUTH_METHOD_" + Upper(name), &method);
  return method;
}

// Does nothing if the text is no JSON object, which this server never writes.
void StructFromJson(const std::string& json, google::protobuf::Struct* out) {
  if (!google::protobuf::util::JsonStringToMessage(json, out).ok()) out->Clear();
}

}  // namespace

v1::OperationKind KindFromName(std::string_view name) {
  for (const auto& [known, kind] : kKinds) {
    if (known == name) return kind;
  }
  return v1::OPERATION_KIND_UNSPECIFIED;
}

v1::Operation ToProto(const operations::OperationRecord& record) {
  v1::Operation out;
  out.set_id(record.id);
  out.set_kind(KindFromName(record.kind));
  out.set_status(StatusToProto(record.status));
  out.set_gateway(record.gateway);
  out.set_principal(record.principal);
  *out.mutable_started_time() = TimeToProto(record.started_ts);
  if (record.finished_ts != 0) *out.mutable_finished_time() = TimeToProto(record.finished_ts);
  if (!record.details_json.empty()) StructFromJson(record.details_json, out.mutable_details());
  out.set_error(record.error);
  out.set_error_reason(ReasonFromName(record.error_reason));
  out.set_restore_point_id(record.restore_point_id);
  return out;
}

v1::AuditEvent ToProto(const operations::AuditEvent& event) {
  v1::AuditEvent out;
  out.set_seq(event.seq);
  *out.mutable_at_time() = TimeToProto(event.at_ts);
  v1::AuditOutcome outcome = v1::AUDIT_OUTCOME_UNSPECIFIED;
  v1::AuditOutcome_Parse("AUDIT_OUTCOME_" + Upper(event.event), &outcome);
  out.set_outcome(outcome);
  out.set_operation_id(event.operation_id);
  out.set_kind(KindFromName(event.kind));
  out.set_gateway(event.gateway);
  out.set_principal(event.principal);
  out.set_method(MethodFromName(event.method));
  out.set_peer(event.peer);
  out.set_trace_id(event.trace_id);
  if (!event.arguments_json.empty()) {
    StructFromJson(event.arguments_json, out.mutable_arguments());
  }
  if (!event.details_json.empty()) StructFromJson(event.details_json, out.mutable_details());
  out.set_error(event.error);
  out.set_error_reason(ReasonFromName(event.error_reason));
  return out;
}

}  // namespace stateserver::rpc
