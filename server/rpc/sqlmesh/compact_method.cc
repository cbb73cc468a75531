// SPDX-License-Identifier: Apache-2.0
//
// MaintenanceService.Compact.
#include "common/steady_time.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/sqlmesh/maintenance_convert.h"
#include "server/rpc/sqlmesh/maintenance_service.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
#include "server/sqlmesh/maintenance/compact.h"

namespace stateserver::rpc {

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
                             ChangeOptionsOf(*gateway, context_.limits(), request->operation_id()),
                             request->dry_run(), ProgressTo<v1::CompactResponse>(writer, notes)));
        context_.rpc.metrics.PhaseFinished(gateway->name, "compact", "total",
                                           SteadyNow() - started);
        context_.rpc.metrics.OperationSucceeded(gateway->name, "compact");
        notes.Add("rows_deleted", outcome.counts.rows_deleted);
        v1::CompactResponse response;
        v1::CompactResult* out = response.mutable_result();
        if (!request->dry_run()) *out->mutable_operation() = ToProto(outcome.operation);
        out->set_versions(outcome.counts.versions);
        out->set_rows_deleted(outcome.counts.rows_deleted);
        out->set_rows_inserted(outcome.counts.rows_inserted);
        out->set_dry_run(request->dry_run());
        writer->Write(response);
        return absl::OkStatus();
      });
}

}  // namespace stateserver::rpc
