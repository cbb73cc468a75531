// SPDX-License-Identifier: Apache-2.0
//
// The methods StateService.Migrate and StateService.Rollback.
#include "server/rpc/sqlmesh/migrate_method.h"

#include "common/time.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/sqlmesh/state_service.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
#include "server/sqlmesh/migrations/migrator.h"
#include "server/sqlmesh/migrations/rollback.h"

namespace stateserver::rpc {

namespace {

void ResultToProto(const migrations::MigrateResult& result, v1::MigrateResult* out) {
  *out->mutable_operation() = ToProto(result.operation);
  if (result.before.has_value()) *out->mutable_before() = ToProto(*result.before);
  *out->mutable_after() = ToProto(result.after);
  out->set_changed(result.changed);
  out->set_dry_run(result.dry_run);
  out->set_restore_point_id(result.restore_point_id);
  ReportToProto(result.report, out);
}

void ResultToProto(const migrations::RollbackResult& result, v1::RollbackResult* out) {
  *out->mutable_operation() = ToProto(result.operation);
  *out->mutable_before() = ToProto(result.before);
  *out->mutable_after() = ToProto(result.after);
  for (const std::string& table : result.restored) out->add_restored_tables(table);
  for (const std::string& table : result.dropped) out->add_dropped_tables(table);
  out->set_restore_point_id(result.restore_point_id);
}

}  // namespace

grpc::Status StateServiceImpl::Migrate(grpc::ServerContext* call, const v1::MigrateRequest* request,
                                       grpc::ServerWriter<v1::MigrateResponse>* writer) {
  return RunCall(
      call, "Migrate", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(
            auto gateway,
            FindGateway(context_, request->gateway(),
                        {auth::Action::kMigrate, request->operation_id()}, context, notes));
        migrations::MigrateOptions options;
        options.gateway = gateway->name;
        options.database = gateway->database;
        options.schema = gateway->state_schema;
        options.operation_id = request->operation_id();
        options.dry_run = request->dry_run();
        options.to = request->to();
        options.if_unchanged_since = request->if_unchanged_since();
        options.keep_unsupported_fingerprints = request->keep_unsupported_fingerprints();
        ServiceLimits limits = context_.limits();
        options.lock_timeout = limits.lock_timeout;
        options.restore_points_keep = limits.restore_points_keep;
        options.restore_points_max_age = limits.restore_points_max_age;
        workers::Workers workers = context_.workers();
        auto rewriter = workers.Rewriter(context);
        auto fingerprints = workers.Fingerprints(context);
        options.python = rewriter.get();
        options.worker = fingerprints.get();
        absl::Time started = SteadyNow();
        ASSIGN_OR_RETURN(migrations::MigrateResult result,
                         migrations::MigrateState(*gateway->pool, context, options,
                                                  ProgressTo<v1::MigrateResponse>(writer, notes)));
        context_.rpc.metrics.PhaseFinished(gateway->name, "migrate", "total",
                                           SteadyNow() - started);
        context_.rpc.metrics.OperationSucceeded(gateway->name, "migrate");
        v1::MigrateResponse response;
        ResultToProto(result, response.mutable_result());
        writer->Write(response);
        return absl::OkStatus();
      });
}

grpc::Status StateServiceImpl::Rollback(grpc::ServerContext* call,
                                        const v1::RollbackRequest* request,
                                        grpc::ServerWriter<v1::RollbackResponse>* writer) {
  return RunCall(call, "Rollback", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(auto gateway,
                                    FindGateway(context_, request->gateway(),
                                                {auth::Action::kRollback, request->operation_id()},
                                                context, notes));
                   ServiceLimits limits = context_.limits();
                   migrations::RollbackOptions options;
                   options.gateway = gateway->name;
                   options.database = gateway->database;
                   options.schema = gateway->state_schema;
                   options.operation_id = request->operation_id();
                   options.lock_timeout = limits.lock_timeout;
                   options.restore_points_keep = limits.restore_points_keep;
                   options.restore_points_max_age = limits.restore_points_max_age;
                   absl::Time started = SteadyNow();
                   ASSIGN_OR_RETURN(
                       auto result,
                       migrations::RollbackState(*gateway->pool, context, options,
                                                 ProgressTo<v1::RollbackResponse>(writer, notes)));
                   context_.rpc.metrics.PhaseFinished(gateway->name, "rollback", "total",
                                                      SteadyNow() - started);
                   context_.rpc.metrics.OperationSucceeded(gateway->name, "rollback");
                   v1::RollbackResponse response;
                   ResultToProto(result, response.mutable_result());
                   writer->Write(response);
                   return absl::OkStatus();
                 });
}

}  // namespace stateserver::rpc
