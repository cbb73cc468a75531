// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/migrate_method.h"

#include "common/time.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/sqlmesh/macro_access.h"
#include "server/rpc/sqlmesh/migration_report.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
#include "server/rpc/times.h"
#include "server/sqlmesh/migrations/migrator.h"
#include "server/sqlmesh/migrations/rollback.h"

namespace stateserver::rpc {
namespace {

void OutcomeToProto(const operations::Outcome<migrations::MigrateResult>& outcome,
                    v1::MigrateResult* out) {
  const migrations::MigrateResult& result = outcome.result;
  *out->mutable_operation() = ToProto(outcome.operation);
  if (result.before.has_value()) *out->mutable_before() = ToProto(*result.before);
  *out->mutable_after() = ToProto(result.after);
  out->set_changed(result.changed);
  out->set_restore_point_id(outcome.operation.restore_point_id);
  ReportToProto(result.report, out);
}

void OutcomeToProto(const operations::Outcome<migrations::RollbackResult>& outcome,
                    v1::RollbackResult* out) {
  const migrations::RollbackResult& result = outcome.result;
  *out->mutable_operation() = ToProto(outcome.operation);
  *out->mutable_before() = ToProto(result.before);
  *out->mutable_after() = ToProto(result.after);
  for (const std::string& table : result.restored) out->add_restored_tables(table);
  for (const std::string& table : result.dropped) out->add_dropped_tables(table);
  out->set_restore_point_id(outcome.operation.restore_point_id);
  out->set_source_restore_point_id(result.source_restore_point_id);
  if (result.target_ts != 0) *out->mutable_target_time() = TimeToProto(result.target_ts);
  const migrations::RollbackLosses& losses = result.losses;
  v1::RollbackLosses* to = out->mutable_losses();
  to->set_environments(losses.environments);
  to->mutable_environment_names()->Assign(losses.environment_names.begin(),
                                          losses.environment_names.end());
  to->set_reverted_environments(losses.reverted);
  to->mutable_reverted_environment_names()->Assign(losses.reverted_names.begin(),
                                                   losses.reverted_names.end());
  to->set_snapshots(losses.snapshots);
  to->mutable_snapshot_names()->Assign(losses.snapshot_names.begin(), losses.snapshot_names.end());
}

}  // namespace

absl::Status ServeMigrate(const ServiceContext& context, const v1::MigrateRequest& request,
                          grpc::ServerWriter<v1::MigrateResponse>* writer, CallContext& call,
                          CallNotes& notes) {
  ASSIGN_OR_RETURN(auto gateway,
                   FindGateway(context, request.gateway(),
                               {auth::Action::kMigrate, request.operation_id()}, call, notes));
  migrations::MigrateOptions options;
  options.change =
      StateChangeOptionsOf(*gateway, context.limits(), request.operation_id(), request.dry_run());
  options.to = request.to();
  options.if_unchanged_since = request.if_unchanged_since();
  options.keep_unsupported_fingerprints = request.keep_unsupported_fingerprints();
  workers::Workers workers = context.workers();
  auto rewriter = workers.Rewriter(call);
  MacroAccess macros(context, *gateway, call, auth::Action::kMigrate, request.operation_id());
  auto fingerprints =
      workers.Fingerprints(call, [&](Confinement how) { return macros.Admit(how); });
  options.python = rewriter.get();
  options.rewrite_python = gateway->rewrite_python;
  options.worker = fingerprints.get();
  absl::Time started = SteadyNow();
  ASSIGN_OR_RETURN(auto outcome,
                   migrations::MigrateState(*gateway->pool, call, options,
                                            ProgressTo<v1::MigrateResponse>(writer, notes)));
  context.rpc.metrics.PhaseFinished(gateway->name, "migrate", "total", SteadyNow() - started);
  context.rpc.metrics.OperationSucceeded(gateway->name, "migrate");
  v1::MigrateResponse response;
  OutcomeToProto(outcome, response.mutable_result());
  response.mutable_result()->set_dry_run(request.dry_run());
  writer->Write(response);
  return absl::OkStatus();
}

absl::Status ServeRollback(const ServiceContext& context, const v1::RollbackRequest& request,
                           grpc::ServerWriter<v1::RollbackResponse>* writer, CallContext& call,
                           CallNotes& notes) {
  ASSIGN_OR_RETURN(auto gateway,
                   FindGateway(context, request.gateway(),
                               {auth::Action::kRollback, request.operation_id()}, call, notes));
  migrations::RollbackOptions options;
  options.change =
      StateChangeOptionsOf(*gateway, context.limits(), request.operation_id(), request.dry_run());
  if (request.has_if_after()) options.if_after = FromProto(request.if_after());
  absl::Time started = SteadyNow();
  ASSIGN_OR_RETURN(auto outcome,
                   migrations::RollbackState(*gateway->pool, call, options,
                                             ProgressTo<v1::RollbackResponse>(writer, notes)));
  context.rpc.metrics.PhaseFinished(gateway->name, "rollback", "total", SteadyNow() - started);
  context.rpc.metrics.OperationSucceeded(gateway->name, "rollback");
  v1::RollbackResponse response;
  OutcomeToProto(outcome, response.mutable_result());
  response.mutable_result()->set_dry_run(request.dry_run());
  if (request.dry_run()) response.mutable_result()->clear_operation();
  writer->Write(response);
  return absl::OkStatus();
}

}  // namespace stateserver::rpc
