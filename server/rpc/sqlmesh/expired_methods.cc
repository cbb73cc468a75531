// SPDX-License-Identifier: Apache-2.0
//
// MaintenanceService.ListExpired and DeleteExpired.
#include "common/steady_time.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/sqlmesh/maintenance_convert.h"
#include "server/rpc/sqlmesh/maintenance_service.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
#include "server/sqlmesh/maintenance/expired.h"

namespace stateserver::rpc {
namespace {

maintenance::ExpiredOptions OptionsOf(const gateways::Gateway& gateway, const ServiceLimits& limits,
                                      const std::string& environment,
                                      const std::string& operation_id) {
  maintenance::ExpiredOptions options;
  options.change = ChangeOptionsOf(gateway, limits, operation_id);
  options.environment = environment;
  options.restore_points_keep = limits.restore_points_keep;
  options.restore_points_max_age = limits.restore_points_max_age;
  return options;
}

v1::DeleteExpiredResult ResultOf(const maintenance::DeleteExpiredOutcome& outcome,
                                 const v1::ExpiredSummary& summary) {
  v1::DeleteExpiredResult out;
  *out.mutable_operation() = ToProto(outcome.operation);
  if (outcome.ran) *out.mutable_expired() = summary;
  out.set_statements(outcome.deleted.statements);
  out.set_auto_restatements(outcome.deleted.auto_restatements);
  out.set_interval_rows_deleted(outcome.deleted.interval_rows_deleted);
  out.set_interval_rows_released(outcome.deleted.interval_rows_released);
  out.set_restore_point_id(outcome.ran ? outcome.restore_point_id
                                       : outcome.operation.restore_point_id);
  return out;
}

}  // namespace

grpc::Status MaintenanceServiceImpl::ListExpired(
    grpc::ServerContext* call, const v1::ListExpiredRequest* request,
    grpc::ServerWriter<v1::ListExpiredResponse>* writer) {
  return RunCall(call, "ListExpired", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(auto gateway,
                                    FindGateway(context_, request->gateway(),
                                                {auth::Action::kListExpired, ""}, context, notes));
                   ASSIGN_OR_RETURN(
                       maintenance::ExpiredPlan plan,
                       maintenance::ListExpired(
                           *gateway->pool, context,
                           OptionsOf(*gateway, context_.limits(), request->environment(), "")));
                   SendRecords(plan, [&](const v1::ExpiredRecords& records) {
                     v1::ListExpiredResponse response;
                     *response.mutable_records() = records;
                     writer->Write(response);
                   });
                   v1::ListExpiredResponse response;
                   *response.mutable_summary() = ToSummary(plan);
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
        v1::ExpiredSummary summary;
        auto on_plan = [&](const maintenance::ExpiredPlan& plan) {
          summary = ToSummary(plan);
          SendRecords(plan, [&](const v1::ExpiredRecords& records) {
            v1::DeleteExpiredResponse response;
            *response.mutable_records() = records;
            writer->Write(response);
          });
        };
        absl::Time started = SteadyNow();
        ASSIGN_OR_RETURN(auto outcome,
                         maintenance::DeleteExpired(
                             *gateway->pool, context, options,
                             ProgressTo<v1::DeleteExpiredResponse>(writer, notes), on_plan));
        context_.rpc.metrics.PhaseFinished(gateway->name, "expired", "total",
                                           SteadyNow() - started);
        context_.rpc.metrics.OperationSucceeded(gateway->name, "expired");
        notes.Add("snapshots", outcome.deleted.snapshots);
        v1::DeleteExpiredResponse response;
        *response.mutable_result() = ResultOf(outcome, summary);
        writer->Write(response);
        return absl::OkStatus();
      });
}

}  // namespace stateserver::rpc
