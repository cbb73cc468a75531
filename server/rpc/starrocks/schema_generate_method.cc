// SPDX-License-Identifier: Apache-2.0
//
// SchemaService.Generate.
#include "common/error.h"
#include "server/rpc/message_size.h"
#include "server/rpc/starrocks/schema_convert.h"
#include "server/rpc/starrocks/schema_service.h"
#include "server/rpc/starrocks/schema_sources.h"
#include "server/starrocks/ddl/references/dependency_order.h"
#include "server/starrocks/generate/models.h"
#include "server/starrocks/generate/sql.h"

namespace stateserver::rpc {
namespace {

using GenerateStream = grpc::ServerReaderWriter<v1::GenerateResponse, v1::GenerateRequest>;

class GenerateCall {
 public:
  GenerateCall(const ServiceContext& context, GenerateStream* stream, CallContext& call,
               CallNotes& notes)
      : context_(context), stream_(stream), call_(call), notes_(notes), meter_(MeterOf(call)) {}

  absl::Status Run() {
    RETURN_IF_ERROR(ReceiveBegin());
    bool live = begin_.source() != v1::SCHEMA_SIDE_DECLARED;
    ASSIGN_OR_RETURN(SchemaScope scope,
                     FindScope(context_, begin_.gateway(), begin_.database(), live,
                               {auth::Action::kGenerate, ""}, call_, notes_));
    ASSIGN_OR_RETURN(Slots::Slot slot, TakeSchemaSlot(context_, scope, call_));
    RETURN_IF_ERROR(ReceiveFiles());
    RETURN_IF_ERROR(live ? ReadWarehouse(scope) : ReadFiles(scope));
    std::vector<const schema::Object*> objects;
    for (const schema::Object& object : objects_) objects.push_back(&object);
    schema::ReferenceCache references;
    ASSIGN_OR_RETURN(objects, DependencyOrder(objects, &references));
    notes_.Add("objects", static_cast<int64_t>(objects.size()));
    return Generate(objects);
  }

 private:
  absl::Status ReceiveBegin() {
    v1::GenerateRequest request;
    ASSIGN_OR_RETURN(bool begun, rpc::Receive(stream_, &request, notes_));
    if (!begun || !request.has_begin()) {
      return StreamOutOfOrder("the first message of Generate is not its begin");
    }
    begin_ = request.begin();
    return FilterOf(begin_.filter()).status();
  }

  absl::Status ReceiveFiles() {
    v1::GenerateRequest request;
    while (true) {
      ASSIGN_OR_RETURN(bool more, rpc::Receive(stream_, &request, notes_));
      if (!more) break;
      if (!request.has_file()) return StreamOutOfOrder("a message of Generate has no file");
      RETURN_IF_ERROR(files_.Add(request.file()));
    }
    return absl::OkStatus();
  }

  absl::Status ReadWarehouse(const SchemaScope& scope) {
    ASSIGN_OR_RETURN(schema::Filter filter, FilterOf(begin_.filter()));
    ASSIGN_OR_RETURN(schema::LiveSchema live, ReadLive(scope, OfTheSchema(filter), call_));
    for (schema::LiveObject& one : live.objects) objects_.push_back(std::move(one.object));
    for (const schema::UnreadObject& unread : live.unread) {
      v1::GenerateResponse response;
      *response.mutable_unread() = ToProto(unread);
      Deliver(stream_, response, notes_);
    }
    return absl::OkStatus();
  }

  absl::Status ReadFiles(const SchemaScope& scope) {
    ASSIGN_OR_RETURN(schema::Declared declared,
                     ReadDeclared(files_.files(), scope.database, &meter_));
    RETURN_IF_ERROR(ToStatus(declared.problems));
    ASSIGN_OR_RETURN(schema::Filter filter, FilterOf(begin_.filter()));
    for (schema::Object& object : declared.objects) {
      if (!meter_.MayContinue(WorkMeter::kInterval)) return meter_.status();
      if (filter.Takes(object.name)) objects_.push_back(std::move(object));
    }
    return absl::OkStatus();
  }

  absl::Status Generate(const std::vector<const schema::Object*>& objects) {
    switch (begin_.format()) {
      case v1::SCHEMA_FORMAT_SQL_FILES:
        for (const auto& file : schema::GenerateSqlFiles(objects)) Send(file);
        return absl::OkStatus();
      case v1::SCHEMA_FORMAT_SQL:
        Send({"schema.sql", schema::GenerateSql(objects)});
        return absl::OkStatus();
      case v1::SCHEMA_FORMAT_MODELS: {
        ASSIGN_OR_RETURN(std::string models, schema::GenerateModels(objects, &meter_));
        Send({"models.py", std::move(models)});
        return absl::OkStatus();
      }
      default:
        return Error(Reason::ARGUMENT_INVALID, "The request names no format.", "",
                     {{"field", "format"}});
    }
  }

  void Send(const schema::GeneratedFile& file) {
    for (size_t at = 0; at == 0 || at < file.text.size(); at += kMessageBytes) {
      v1::GenerateResponse response;
      response.mutable_file()->set_name(file.name);
      response.mutable_file()->set_text(file.text.substr(at, kMessageBytes));
      Deliver(stream_, response, notes_);
    }
  }

  const ServiceContext& context_;
  GenerateStream* const stream_;
  CallContext& call_;
  CallNotes& notes_;
  v1::GenerateBegin begin_;
  FileCollector files_;
  WorkMeter meter_;
  std::vector<schema::Object> objects_;
};

}  // namespace

grpc::Status SchemaServiceImpl::Generate(grpc::ServerContext* call, GenerateStream* stream) {
  return RunCall(call, "Generate", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return GenerateCall(context_, stream, context, notes).Run();
  });
}

}  // namespace stateserver::rpc
