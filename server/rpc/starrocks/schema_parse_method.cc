// SPDX-License-Identifier: Apache-2.0
//
// SchemaService.Parse.
#include "server/rpc/starrocks/schema_convert.h"
#include "server/rpc/starrocks/schema_service.h"
#include "server/rpc/starrocks/schema_sources.h"
#include "server/starrocks/ddl/print/print.h"

namespace stateserver::rpc {
namespace {

using ParseStream = grpc::ServerReaderWriter<v1::ParseResponse, v1::ParseRequest>;

absl::Status ReceiveFiles(ParseStream* stream, FileCollector* files, CallNotes& notes) {
  v1::ParseRequest request;
  while (true) {
    ASSIGN_OR_RETURN(bool more, Receive(stream, &request, notes));
    if (!more) break;
    if (!request.has_file()) return StreamOutOfOrder("a message of Parse has no file");
    RETURN_IF_ERROR(files->Add(request.file()));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::Status SchemaServiceImpl::Parse(grpc::ServerContext* call, ParseStream* stream) {
  return RunCall(
      call, "Parse", context_.rpc, [&](CallContext& context, CallNotes& notes) -> absl::Status {
        v1::ParseRequest first;
        ASSIGN_OR_RETURN(bool begun, Receive(stream, &first, notes));
        if (!begun || !first.has_begin()) {
          return StreamOutOfOrder("the first message of Parse is not its begin");
        }
        ASSIGN_OR_RETURN(
            SchemaScope scope,
            FindScope(context_, first.begin().gateway(), first.begin().database(),
                      /*need_warehouse=*/false, {auth::Action::kParse, ""}, context, notes));
        ASSIGN_OR_RETURN(Slots::Slot slot, TakeSchemaSlot(context_, scope, context));
        FileCollector files;
        RETURN_IF_ERROR(ReceiveFiles(stream, &files, notes));
        WorkMeter meter = MeterOf(context);
        ASSIGN_OR_RETURN(schema::Declared declared,
                         ReadDeclared(files.files(), scope.database, &meter));
        notes.Add("objects", static_cast<int64_t>(declared.objects.size()));
        notes.Add("problems", static_cast<int64_t>(declared.problems.size()));
        for (const schema::Object& object : declared.objects) {
          v1::ParseResponse response;
          v1::ParsedObject* out = response.mutable_object();
          out->set_object(object.name.Text());
          out->set_kind(ToProto(KindOf(object)));
          out->set_file(object.place.source);
          out->set_line(object.place.line);
          out->set_statement(Print(object));
          if (!Deliver(stream, response, notes)) return context.Check();
        }
        for (const schema::Problem& problem : declared.problems) {
          v1::ParseResponse response;
          *response.mutable_problem() = ToProto(problem);
          if (!Deliver(stream, response, notes)) return context.Check();
        }
        return absl::OkStatus();
      });
}

}  // namespace stateserver::rpc
