// StateService.Migrate.
#include "server/migrations/migrator.h"
#include "server/rpc/convert.h"
#include "server/rpc/state_access.h"
#include "server/rpc/state_service.h"

namespace stateserver::rpc {

grpc::Status StateServiceImpl::Migrate(grpc::ServerContext* call, const v1::MigrateRequest* request,
                                       grpc::ServerWriter<v1::MigrateResponse>* writer) {
  return RunCall(
      call, "Migrate", context_.rpc, [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(auto gateway, FindGateway(context_.gateways, request->gateway(), notes));
        notes.set_operation(request->operation_id());
        migrations::MigrateOptions options;
        options.gateway = gateway->name;
        options.database = gateway->database;
        options.schema = gateway->state_schema;
        options.operation_id = request->operation_id();
        options.dry_run = request->dry_run();
        options.to = request->to();
        options.if_unchanged_since = request->if_unchanged_since();
        options.lock_timeout = context_.limits().lock_timeout;
        auto progress = [&](std::string_view step, int64_t done, int64_t total) {
          v1::MigrateResponse response;
          response.mutable_progress()->set_step(std::string(step));
          response.mutable_progress()->set_done(done);
          response.mutable_progress()->set_total(total);
          writer->Write(response);
        };
        absl::Time started = absl::Now();
        ASSIGN_OR_RETURN(migrations::MigrateResult result,
                         migrations::MigrateState(*gateway->pool, context, options, progress));
        context_.rpc.metrics.PhaseFinished(gateway->name, "migrate", "total",
                                           absl::Now() - started);
        context_.rpc.metrics.OperationSucceeded(gateway->name, "migrate");
        v1::MigrateResponse response;
        v1::MigrateResult* out = response.mutable_result();
        *out->mutable_operation() = ToProto(result.operation);
        if (result.before.has_value()) *out->mutable_before() = ToProto(*result.before);
        *out->mutable_after() = ToProto(result.after);
        out->set_changed(result.changed);
        out->set_dry_run(result.dry_run);
        writer->Write(response);
        return absl::OkStatus();
      });
}

}  // namespace stateserver::rpc
