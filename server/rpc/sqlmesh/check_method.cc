// SPDX-License-Identifier: Apache-2.0
//
// MaintenanceService.Check.
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/sqlmesh/maintenance_convert.h"
#include "server/rpc/sqlmesh/maintenance_service.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
#include "server/sqlmesh/maintenance/check.h"

namespace stateserver::rpc {
namespace {

// The core's kinds are in the protocol's order, without UNSPECIFIED.
v1::FindingKind KindOf(size_t kind) { return static_cast<v1::FindingKind>(kind + 1); }
static_assert(v1::FindingKind_MAX == maintenance::kFindingKinds);
static_assert(v1::FINDING_KIND_ORPHANED_AUTO_RESTATEMENT ==
              static_cast<int>(maintenance::FindingKind::kOrphanedAutoRestatement) + 1);

v1::CheckResult ResultOf(const maintenance::CheckReport& report) {
  v1::CheckResult out;
  *out.mutable_versions() = ToProto(report.versions);
  out.set_snapshots(report.snapshots);
  out.set_environments(report.environments);
  out.set_interval_rows(report.interval_rows);
  int64_t findings = 0;
  for (size_t i = 0; i < report.counts.size(); ++i) {
    if (report.counts[i] == 0) continue;
    v1::FindingCount* count = out.add_counts();
    count->set_kind(KindOf(i));
    count->set_count(report.counts[i]);
    findings += report.counts[i];
  }
  out.set_findings(findings);
  for (const auto& note : report.notes) *out.add_notes() = ToProto(note);
  return out;
}

}  // namespace

grpc::Status MaintenanceServiceImpl::Check(grpc::ServerContext* call,
                                           const v1::CheckRequest* request,
                                           grpc::ServerWriter<v1::CheckResponse>* writer) {
  return RunCall(
      call, "Check", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(auto gateway, FindGateway(context_, request->gateway(),
                                                   {auth::Action::kCheck, ""}, context, notes));
        ASSIGN_OR_RETURN(auto session, gateway->pool->Acquire(context));
        maintenance::CheckOptions options;
        options.database = gateway->database;
        options.schema = gateway->state_schema;
        options.lock_timeout = context_.limits().lock_timeout;
        auto on_finding = [&](const maintenance::Finding& finding) {
          v1::CheckResponse response;
          v1::Finding* out = response.mutable_finding();
          out->set_kind(KindOf(static_cast<size_t>(finding.kind)));
          out->set_record(finding.record);
          out->set_identifier(finding.identifier);
          out->set_message(finding.message);
          out->set_hint(finding.hint);
          writer->Write(response);
        };
        ASSIGN_OR_RETURN(auto report,
                         maintenance::CheckState(*session, options, on_finding,
                                                 ProgressTo<v1::CheckResponse>(writer, notes)));
        v1::CheckResponse response;
        *response.mutable_result() = ResultOf(report);
        notes.Add("findings", response.result().findings());
        writer->Write(response);
        return absl::OkStatus();
      });
}

}  // namespace stateserver::rpc
