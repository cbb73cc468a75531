// SPDX-License-Identifier: Apache-2.0
//
// SchemaService.Inspect.
#include <functional>

#include "common/text.h"
#include "server/rpc/starrocks/schema_convert.h"
#include "server/rpc/starrocks/schema_service.h"
#include "server/rpc/starrocks/schema_sources.h"
#include "server/starrocks/diff/compare/digest.h"
#include "server/starrocks/engine/inspector.h"

namespace stateserver::rpc {
namespace {

// Tables of another catalog: their names and no more.
absl::Status List(const SchemaScope& scope,
                  const std::function<bool(const schema::ObjectName&)>& looked_at,
                  const CallContext& call, CallNotes& notes,
                  grpc::ServerWriter<v1::InspectResponse>* writer) {
  const config::Warehouse& warehouse = *scope.gateway->warehouse;
  starrocks::InspectOptions options;
  options.looked_at = looked_at;
  ASSIGN_OR_RETURN(starrocks::ForeignTables tables,
                   starrocks::ListForeign(warehouse, scope.database, options, call));
  std::string database = Cat(warehouse.catalog, ".", scope.database);
  v1::InspectResponse response;
  *response.mutable_engine() = ToProto(schema::Engine{tables.version, {}}, database);
  Deliver(writer, response, notes);
  for (const std::string& name : tables.names) {
    v1::InspectedObject* object = response.mutable_object();
    object->set_object(Cat(database, ".", name));
    object->set_kind(v1::SCHEMA_OBJECT_KIND_TABLE);
    Deliver(writer, response, notes);
  }
  return absl::OkStatus();
}

}  // namespace

grpc::Status SchemaServiceImpl::Inspect(grpc::ServerContext* call,
                                        const v1::InspectRequest* request,
                                        grpc::ServerWriter<v1::InspectResponse>* writer) {
  return RunCall(
      call, "Inspect", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(
            SchemaScope scope,
            FindScope(context_, request->gateway(), request->database(),
                      /*need_warehouse=*/true, {auth::Action::kInspect, ""}, context, notes));
        ASSIGN_OR_RETURN(Slots::Slot slot, TakeSchemaSlot(context_, scope, context));
        ASSIGN_OR_RETURN(schema::Filter filter, FilterOf(request->filter()));
        auto looked_at = [&](const schema::ObjectName& name) { return filter.Takes(name); };
        if (!starrocks::HasOwnCatalog(*scope.gateway->warehouse)) {
          return List(scope, looked_at, context, notes, writer);
        }
        ASSIGN_OR_RETURN(schema::LiveSchema live, ReadLive(scope, looked_at, context));
        notes.Add("objects", static_cast<int64_t>(live.objects.size()));
        v1::InspectResponse response;
        *response.mutable_engine() = ToProto(live.engine, live.database);
        Deliver(writer, response, notes);
        for (const schema::LiveObject& object : live.objects) {
          *response.mutable_object() = ToProto(object);
          response.mutable_object()->set_digest(ObjectDigest(object.object, live.engine));
          Deliver(writer, response, notes);
        }
        for (const schema::UnreadObject& unread : live.unread) {
          *response.mutable_unread() = ToProto(unread);
          Deliver(writer, response, notes);
        }
        return absl::OkStatus();
      });
}

}  // namespace stateserver::rpc
