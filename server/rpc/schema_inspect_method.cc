// SchemaService.Inspect.
#include "server/rpc/schema_convert.h"
#include "server/rpc/schema_service.h"
#include "server/rpc/schema_sources.h"

namespace stateserver::rpc {

grpc::Status SchemaServiceImpl::Inspect(grpc::ServerContext* call,
                                        const v1::InspectRequest* request,
                                        grpc::ServerWriter<v1::InspectResponse>* writer) {
  return RunCall(
      call, "Inspect", context_.rpc, [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(SchemaScope scope,
                         FindScope(context_.gateways, request->gateway(), request->database(),
                                   /*need_warehouse=*/true, notes));
        schema::Filter filter = FilterOf(request->filter());
        auto looked_at = [&](const schema::ObjectName& name) { return filter.Takes(name); };
        ASSIGN_OR_RETURN(schema::LiveSchema live, ReadLive(scope, looked_at, context));
        notes.Add("objects", static_cast<int64_t>(live.objects.size()));
        v1::InspectResponse response;
        *response.mutable_engine() = ToProto(live.engine, live.database);
        writer->Write(response);
        for (const schema::LiveObject& object : live.objects) {
          *response.mutable_object() = ToProto(object);
          writer->Write(response);
        }
        for (const schema::UnreadObject& unread : live.unread) {
          *response.mutable_unread() = ToProto(unread);
          writer->Write(response);
        }
        return absl::OkStatus();
      });
}

}  // namespace stateserver::rpc
