// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/maintenance_service.h"

#include <string>

#include "common/time.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/service_context.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
#include "server/rpc/times.h"
#include "server/sqlmesh/maintenance/check.h"
#include "server/sqlmesh/maintenance/compact.h"
#include "server/sqlmesh/maintenance/expired.h"
#include "server/sqlmesh/maintenance/expired_plan.h"
#include "stateserver/v1/maintenance.pb.h"

namespace stateserver::rpc {

namespace {

v1::ExpiredEnvironment RecordToProto(const maintenance::ExpiredEnvironment& environment) {
  v1::ExpiredEnvironment out;
  out.set_name(environment.name);
  out.set_expiration_ts(environment.expiration_ts);
  out.set_snapshots(environment.snapshots);
  out.set_reason(environment.reason);
  return out;
}

v1::ExpiredSnapshot RecordToProto(const maintenance::ExpiredSnapshot& snapshot) {
  v1::ExpiredSnapshot out;
  out.set_name(snapshot.name);
  out.set_identifier(snapshot.identifier);
  out.set_version(snapshot.version);
  out.set_dev_version(snapshot.dev_version);
  out.set_kind(snapshot.kind);
  out.set_expired_ts(snapshot.expired_ts);
  out.set_reason(snapshot.reason);
  return out;
}

v1::PhysicalTable RecordToProto(const maintenance::PhysicalTable& table) {
  v1::PhysicalTable out;
  out.set_table(table.table);
  out.set_snapshot_name(table.snapshot_name);
  out.set_snapshot_identifier(table.snapshot_identifier);
  out.set_is_dev(table.is_dev);
  out.set_model_gateway(table.model_gateway);
  return out;
}

// Sends each record of the plan. `Response` has the fields environment, snapshot and table.
template <typename Response>
void SendRecords(const maintenance::ExpiredPlan& plan, grpc::ServerWriter<Response>* writer,
                 CallNotes& notes) {
  Response response;
  for (const auto& each : plan.environments) {
    *response.mutable_environment() = RecordToProto(each);
    Deliver(writer, response, notes);
  }
  for (const auto& each : plan.snapshots) {
    *response.mutable_snapshot() = RecordToProto(each);
    Deliver(writer, response, notes);
  }
  for (const auto& each : plan.tables) {
    *response.mutable_table() = RecordToProto(each);
    Deliver(writer, response, notes);
  }
}

v1::ExpiredSummary SummaryToProto(const maintenance::ExpiredSummary& summary) {
  v1::ExpiredSummary out;
  out.set_environments(summary.environments);
  out.set_snapshots(summary.snapshots);
  out.set_tables(summary.tables);
  out.set_kept_by_ttl(summary.kept_by_ttl);
  *out.mutable_now_time() = TimeToProto(summary.now_ts);
  for (const auto& note : summary.notes) *out.add_notes() = ToProto(note);
  return out;
}

maintenance::ExpiredOptions OptionsOf(const gateways::Gateway& gateway, const ServiceLimits& limits,
                                      const std::string& environment,
                                      const std::string& operation_id) {
  maintenance::ExpiredOptions options;
  options.change = StateChangeOptionsOf(gateway, limits, operation_id);
  options.environment = environment;
  return options;
}

v1::DeleteExpiredResult ResultToProto(
    const operations::Outcome<maintenance::DeleteExpiredResult>& outcome) {
  const maintenance::DeletedRows& deleted = outcome.result.deleted;
  v1::DeleteExpiredResult out;
  *out.mutable_operation() = ToProto(outcome.operation);
  *out.mutable_expired() = SummaryToProto(outcome.result.expired);
  out.set_statements(deleted.statements);
  out.set_auto_restatements(deleted.auto_restatements);
  out.set_interval_rows_deleted(deleted.interval_rows_deleted);
  out.set_interval_rows_released(deleted.interval_rows_released);
  out.set_restore_point_id(outcome.operation.restore_point_id);
  return out;
}

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

grpc::Status MaintenanceServiceImpl::Compact(grpc::ServerContext* call,
                                             const v1::CompactRequest* request,
                                             grpc::ServerWriter<v1::CompactResponse>* writer) {
  return RunCall(
      call, "Compact", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(
            auto gateway,
            FindGateway(context_, request->gateway(),
                        {auth::Action::kCompact, request->operation_id()}, context, notes));
        absl::Time started = SteadyNow();
        ASSIGN_OR_RETURN(auto outcome,
                         maintenance::CompactState(
                             *gateway->pool, context,
                             StateChangeOptionsOf(*gateway, context_.limits(),
                                                  request->operation_id(), request->dry_run()),
                             ProgressTo<v1::CompactResponse>(writer, notes)));
        context_.rpc.metrics.PhaseFinished(gateway->name, "compact", "total",
                                           SteadyNow() - started);
        context_.rpc.metrics.OperationSucceeded(gateway->name, "compact");
        notes.Add("rows_deleted", outcome.result.rows_deleted);
        v1::CompactResponse response;
        v1::CompactResult* out = response.mutable_result();
        if (!request->dry_run()) *out->mutable_operation() = ToProto(outcome.operation);
        out->set_versions(outcome.result.versions);
        out->set_rows_deleted(outcome.result.rows_deleted);
        out->set_rows_inserted(outcome.result.rows_inserted);
        out->set_dry_run(request->dry_run());
        writer->Write(response);
        return absl::OkStatus();
      });
}

grpc::Status MaintenanceServiceImpl::FindExpired(
    grpc::ServerContext* call, const v1::FindExpiredRequest* request,
    grpc::ServerWriter<v1::FindExpiredResponse>* writer) {
  return RunCall(call, "FindExpired", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(auto gateway,
                                    FindGateway(context_, request->gateway(),
                                                {auth::Action::kFindExpired, ""}, context, notes));
                   ASSIGN_OR_RETURN(
                       maintenance::ExpiredPlan plan,
                       maintenance::FindExpired(
                           *gateway->pool, context,
                           OptionsOf(*gateway, context_.limits(), request->environment(), "")));
                   SendRecords(plan, writer, notes);
                   v1::FindExpiredResponse response;
                   *response.mutable_summary() = SummaryToProto(Summarize(plan));
                   writer->Write(response);
                   return absl::OkStatus();
                 });
}

grpc::Status MaintenanceServiceImpl::DeleteExpired(
    grpc::ServerContext* call, const v1::DeleteExpiredRequest* request,
    grpc::ServerWriter<v1::DeleteExpiredResponse>* writer) {
  return RunCall(
      call, "DeleteExpired", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(
            auto gateway,
            FindGateway(context_, request->gateway(),
                        {auth::Action::kDeleteExpired, request->operation_id()}, context, notes));
        auto options =
            OptionsOf(*gateway, context_.limits(), request->environment(), request->operation_id());
        options.if_unchanged_since = request->if_unchanged_since();
        auto on_plan = [&](const maintenance::ExpiredPlan& plan) {
          SendRecords(plan, writer, notes);
        };
        absl::Time started = SteadyNow();
        ASSIGN_OR_RETURN(auto outcome,
                         maintenance::DeleteExpired(
                             *gateway->pool, context, options,
                             ProgressTo<v1::DeleteExpiredResponse>(writer, notes), on_plan));
        context_.rpc.metrics.PhaseFinished(gateway->name, "expired", "total",
                                           SteadyNow() - started);
        context_.rpc.metrics.OperationSucceeded(gateway->name, "expired");
        notes.Add("snapshots", outcome.result.deleted.snapshots);
        v1::DeleteExpiredResponse response;
        *response.mutable_result() = ResultToProto(outcome);
        writer->Write(response);
        return absl::OkStatus();
      });
}

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
