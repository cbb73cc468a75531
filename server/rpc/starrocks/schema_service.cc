// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/schema_service.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "server/rpc/list_page.h"
#include "server/rpc/starrocks/schema_convert.h"
#include "server/rpc/starrocks/schema_sources.h"
#include "server/starrocks/apply/plan_check.h"
#include "server/starrocks/apply/undo_check.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/lint.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/engine/inspector.h"
#include "server/starrocks/generate/model_limits.h"
#include "server/starrocks/generate/models.h"
#include "server/starrocks/generate/sql.h"
#include "server/starrocks/query/database.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/version_table.h"

namespace stateserver::rpc {

namespace {

using ParseStream = grpc::ServerReaderWriter<v1::ParseResponse, v1::ParseRequest>;

absl::Status ReceiveFiles(ParseStream* stream, FileCollector* files, CallNotes& notes) {
  v1::ParseRequest request;
  while (true) {
    ASSIGN_OR_RETURN(bool more, Receive(stream, &request, notes));
    if (!more) break;
    if (!request.has_file()) return StreamOutOfOrder("A message of Parse has no file");
    RETURN_IF_ERROR(files->Add(request.file()));
  }
  return absl::OkStatus();
}

// Lists only the names of tables in another catalog.
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

// Returns true if the side is the gateway's database. `unspecified` is what a call means that names
// no side.
bool IsLive(v1::SchemaSide side, v1::SchemaSide unspecified) {
  return (side == v1::SCHEMA_SIDE_UNSPECIFIED ? unspecified : side) == v1::SCHEMA_SIDE_LIVE;
}

using GenerateStream = grpc::ServerReaderWriter<v1::GenerateResponse, v1::GenerateRequest>;

class GenerateCall {
 public:
  GenerateCall(const ServiceContext& context, GenerateStream* stream, CallContext& call,
               CallNotes& notes)
      : context_(context), stream_(stream), call_(call), notes_(notes), meter_(MeterOf(call)) {}

  absl::Status Generate() {
    RETURN_IF_ERROR(ReceiveBegin());
    bool live = IsLive(begin_.source(), v1::SCHEMA_SIDE_LIVE);
    ASSIGN_OR_RETURN(SchemaScope scope,
                     FindScope(context_, begin_.gateway(), begin_.database(), live,
                               {auth::Action::kGenerate, ""}, call_, notes_));
    ASSIGN_OR_RETURN(Slots::Slot slot, AcquireSchemaSlot(context_, scope, call_));
    RETURN_IF_ERROR(ReceiveFiles());
    RETURN_IF_ERROR(live ? ReadWarehouse(scope) : ReadFiles(scope));
    std::vector<const schema::Object*> objects;
    for (const schema::Object& object : objects_) objects.push_back(&object);
    schema::ReferenceCache references;
    ASSIGN_OR_RETURN(objects, DependencyOrder(objects, &references));
    notes_.Add("objects", static_cast<int64_t>(objects.size()));
    return SendGenerated(objects);
  }

 private:
  absl::Status ReceiveBegin() {
    v1::GenerateRequest request;
    ASSIGN_OR_RETURN(bool begun, rpc::Receive(stream_, &request, notes_));
    if (!begun || !request.has_begin()) {
      return StreamOutOfOrder("The first message of Generate is not its begin");
    }
    begin_ = request.begin();
    return FilterOf(begin_.filter()).status();
  }

  absl::Status ReceiveFiles() {
    v1::GenerateRequest request;
    while (true) {
      ASSIGN_OR_RETURN(bool more, rpc::Receive(stream_, &request, notes_));
      if (!more) break;
      if (!request.has_file()) return StreamOutOfOrder("A message of Generate has no file");
      RETURN_IF_ERROR(files_.Add(request.file()));
    }
    return absl::OkStatus();
  }

  absl::Status ReadWarehouse(const SchemaScope& scope) {
    ASSIGN_OR_RETURN(schema::Filter filter, FilterOf(begin_.filter()));
    ASSIGN_OR_RETURN(schema::LiveSchema live,
                     ReadLive(scope, revisions::WithoutVersionTable(filter), call_));
    for (schema::LiveObject& one : live.objects) {
      WarnOfOtherDatabases(one.object);
      objects_.push_back(schema::query::WithoutDatabase(std::move(one.object)));
    }
    for (const schema::UnreadObject& unread : live.unread) {
      v1::GenerateResponse response;
      *response.mutable_unread() = ToProto(unread);
      Deliver(stream_, response, notes_);
    }
    return absl::OkStatus();
  }

  // A file that reads another database reads the same one wherever it is applied.
  void WarnOfOtherDatabases(const schema::Object& object) {
    std::string names;
    for (const std::string& name :
         schema::query::OtherDatabases(schema::QueryOf(object), object.name.database)) {
      AppendTo(&names, names.empty() ? "'" : ", '", name, "'");
    }
    if (names.empty()) return;
    v1::GenerateResponse response;
    *response.mutable_warning() = ToProto(schema::PlanWarning{
        object.name, "query", Cat("reads another database, which it names: ", names)});
    Deliver(stream_, response, notes_);
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

  absl::Status SendGenerated(const std::vector<const schema::Object*>& objects) {
    switch (begin_.format()) {
      case v1::SCHEMA_FORMAT_SQL_FILES:
        for (const auto& file : schema::GenerateSqlFiles(objects)) Send(file);
        return absl::OkStatus();
      case v1::SCHEMA_FORMAT_SQL:
        Send({"schema.sql", schema::GenerateSql(objects)});
        return absl::OkStatus();
      case v1::SCHEMA_FORMAT_MODELS: {
        std::vector<schema::LeftOut> left_out;
        ASSIGN_OR_RETURN(std::string models, schema::GenerateModels(objects, &meter_, &left_out));
        for (const schema::LeftOut& one : left_out) {
          v1::GenerateResponse response;
          *response.mutable_warning() =
              ToProto(schema::PlanWarning{one.object, one.attribute, "models cannot express it"});
          Deliver(stream_, response, notes_);
        }
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

using DiffStream = grpc::ServerReaderWriter<v1::DiffResponse, v1::DiffRequest>;

class DiffCall {
 public:
  DiffCall(const ServiceContext& context, DiffStream* stream, CallContext& call, CallNotes& notes)
      : context_(context), stream_(stream), call_(call), notes_(notes), meter_(MeterOf(call)) {}

  absl::Status Diff() {
    RETURN_IF_ERROR(ReceiveBegin());
    bool from_live = IsLive(begin_.from(), v1::SCHEMA_SIDE_LIVE);
    bool to_live = IsLive(begin_.to(), v1::SCHEMA_SIDE_DECLARED);
    ASSIGN_OR_RETURN(scope_,
                     FindScope(context_, begin_.gateway(), begin_.database(), from_live || to_live,
                               {auth::Action::kDiff, ""}, call_, notes_));
    ASSIGN_OR_RETURN(Slots::Slot slot, AcquireSchemaSlot(context_, scope_, call_));
    RETURN_IF_ERROR(ReceiveFiles());
    // Reads everything, to know all readers of the selected objects; the plan covers only the
    // selected ones.
    ASSIGN_OR_RETURN(schema::LiveSchema from, From(from_live));
    ASSIGN_OR_RETURN(std::vector<schema::Object> to, To(to_live));
    ASSIGN_OR_RETURN(schema::Filter filter, FilterOf(begin_.filter()));
    schema::PlanOptions options = Options(filter);
    std::vector<schema::Unmanaged> kept;
    if (begin_.to() == v1::SCHEMA_SIDE_MODELS) kept = KeepWhatModelsLack(from, &to);
    for (const schema::Unmanaged& one : kept) {
      if (one.attribute.empty()) options.kept.insert(one.object);
    }
    if (from_live) ReadRecorded(to);
    options.recorded = &recorded_;
    ASSIGN_OR_RETURN(schema::Plan plan, MakePlan(from, from_live, to, options));
    apply::PlanCheck check = apply::CheckSteps(from, from_live, &plan, &meter_);
    apply::CheckUndoSteps(check, from.engine, &plan, &meter_);
    RETURN_IF_ERROR(meter_.status());
    for (schema::PlanWarning& one : warnings_) {
      if (options.looked_at(one.object)) plan.warnings.push_back(std::move(one));
    }
    for (schema::Unmanaged& one : kept) {
      if (options.looked_at(one.object)) plan.unmanaged.push_back(std::move(one));
    }
    for (const schema::UnreadObject& unread : from.unread) {
      if (filter.Takes(unread.name)) plan.warnings.push_back({unread.name, "", unread.reason});
    }
    notes_.Add("steps", static_cast<int64_t>(plan.steps.size()));
    notes_.Add("refusals", static_cast<int64_t>(plan.refusals.size()));
    Send(from, plan, schema::Lint(plan, to));
    return absl::OkStatus();
  }

 private:
  absl::Status ReceiveBegin() {
    v1::DiffRequest request;
    ASSIGN_OR_RETURN(bool begun, rpc::Receive(stream_, &request, notes_));
    if (!begun || !request.has_begin()) {
      return StreamOutOfOrder("The first message of Diff is not its begin");
    }
    begin_ = request.begin();
    return FilterOf(begin_.filter()).status();
  }

  absl::Status ReceiveFiles() {
    v1::DiffRequest request;
    while (true) {
      ASSIGN_OR_RETURN(bool more, rpc::Receive(stream_, &request, notes_));
      if (!more) break;
      if (request.has_from_file()) {
        RETURN_IF_ERROR(from_files_.Add(request.from_file()));
      } else if (request.has_to_file()) {
        RETURN_IF_ERROR(to_files_.Add(request.to_file()));
      } else {
        return StreamOutOfOrder("A message of Diff has no file");
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<schema::Object>> Read(const FileCollector& files) {
    ASSIGN_OR_RETURN(schema::Declared declared,
                     ReadDeclared(files.files(), scope_.database, &meter_));
    RETURN_IF_ERROR(ToStatus(declared.problems));
    for (schema::PlanWarning& one : WarningsOf(declared)) warnings_.push_back(std::move(one));
    return std::move(declared.objects);
  }

  absl::StatusOr<schema::LiveSchema> From(bool live) {
    if (live) return ReadLive(scope_, nullptr, call_);
    schema::LiveSchema out;
    out.database = scope_.database;
    RETURN_IF_ERROR(SetEngineVersion(&out.engine.version));
    ASSIGN_OR_RETURN(std::vector<schema::Object> objects, Read(from_files_));
    for (schema::Object& object : objects) {
      out.objects.push_back({std::move(object), std::nullopt, ""});
    }
    return out;
  }

  absl::StatusOr<std::vector<schema::Object>> To(bool live) {
    if (!live) return Read(to_files_);
    ASSIGN_OR_RETURN(schema::LiveSchema schema, ReadLive(scope_, nullptr, call_));
    std::vector<schema::Object> out;
    for (schema::LiveObject& one : schema.objects) {
      out.push_back(schema::query::WithoutDatabase(std::move(one.object)));
    }
    for (schema::UnreadObject& one : schema.unread) unread_[one.name] = std::move(one.reason);
    return out;
  }

  // Reads what the journal knows of the queries of views. Without it, they are compared by their
  // syntax alone.
  void ReadRecorded(const std::vector<schema::Object>& to) {
    constexpr absl::Duration kPatience = absl::Seconds(5);
    const bool views = std::any_of(to.begin(), to.end(), [](const schema::Object& one) {
      return !schema::QueryOf(one).empty();
    });
    if (scope_.gateway->pool == nullptr || !views) return;
    CallContext call = call_;
    call.deadline = std::min(call.deadline, SteadyNow() + kPatience);
    auto read = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(auto session, scope_.gateway->pool->Acquire(call));
      ASSIGN_OR_RETURN(recorded_,
                       revisions::ReadQueries(*session, {scope_.gateway->name, scope_.database}));
      return absl::OkStatus();
    };
    absl::Status status = read();
    if (status.ok()) return;
    warnings_.push_back({{"", scope_.database},
                         "",
                         Cat("the journal cannot be read, so that queries of views may differ that "
                             "the engine printed otherwise: ",
                             MessageOf(status))});
  }

  absl::Status SetEngineVersion(schema::EngineVersion* out) const {
    const std::string& text = begin_.engine_version();
    if (text.empty()) return absl::OkStatus();
    auto version = schema::ParseEngineVersion(text);
    if (version.has_value()) {
      *out = *version;
      return absl::OkStatus();
    }
    return Error(Reason::ARGUMENT_INVALID, Cat("'", text, "' is not a version of StarRocks."),
                 "Use the form 4.0.4.", {{"field", "engine_version"}});
  }

  schema::PlanOptions Options(const schema::Filter& filter) {
    schema::PlanOptions options;
    for (const v1::SchemaRename& rename : begin_.renames()) {
      options.renames.push_back({rename.table(), rename.old_name(), rename.new_name()});
    }
    options.rebuild = {begin_.rebuild().begin(), begin_.rebuild().end()};
    options.rebuild_dependents = begin_.rebuild_dependents();
    options.drop_undeclared = begin_.drop_undeclared();
    options.partitions = begin_.partitions();
    options.unread = unread_;
    options.looked_at = revisions::WithoutVersionTable(filter);
    options.meter = &meter_;
    return options;
  }

  void Send(const schema::LiveSchema& from, const schema::Plan& plan,
            const std::vector<schema::LintFinding>& findings) {
    v1::DiffResponse response;
    *response.mutable_event()->mutable_engine() = ToProto(from.engine, from.database);
    Deliver(stream_, response, notes_);
    EachEvent(plan, findings, [&](const v1::PlanEvent& event) {
      *response.mutable_event() = event;
      Deliver(stream_, response, notes_);
    });
  }

  const ServiceContext& context_;
  DiffStream* const stream_;
  CallContext& call_;
  CallNotes& notes_;
  v1::DiffBegin begin_;
  FileCollector from_files_, to_files_;
  SchemaScope scope_;
  std::vector<schema::PlanWarning> warnings_;
  schema::query::RecordedQueries recorded_;
  std::map<schema::ObjectName, std::string> unread_;  // of a wanted schema that is live
  WorkMeter meter_;
};

}  // namespace

grpc::Status SchemaServiceImpl::Parse(grpc::ServerContext* call, ParseStream* stream) {
  return RunCall(
      call, "Parse", context_.rpc, [&](CallContext& context, CallNotes& notes) -> absl::Status {
        v1::ParseRequest first;
        ASSIGN_OR_RETURN(bool begun, Receive(stream, &first, notes));
        if (!begun || !first.has_begin()) {
          return StreamOutOfOrder("The first message of Parse is not its begin");
        }
        ASSIGN_OR_RETURN(
            SchemaScope scope,
            FindScope(context_, first.begin().gateway(), first.begin().database(),
                      /*need_warehouse=*/false, {auth::Action::kParse, ""}, context, notes));
        ASSIGN_OR_RETURN(Slots::Slot slot, AcquireSchemaSlot(context_, scope, context));
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
        for (const schema::PlanWarning& warning : WarningsOf(declared)) {
          v1::ParseResponse response;
          *response.mutable_warning() = ToProto(warning);
          if (!Deliver(stream, response, notes)) return context.Check();
        }
        return absl::OkStatus();
      });
}

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
        ASSIGN_OR_RETURN(Slots::Slot slot, AcquireSchemaSlot(context_, scope, context));
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

grpc::Status SchemaServiceImpl::Generate(grpc::ServerContext* call, GenerateStream* stream) {
  return RunCall(call, "Generate", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return GenerateCall(context_, stream, context, notes).Generate();
  });
}

grpc::Status SchemaServiceImpl::Diff(grpc::ServerContext* call, DiffStream* stream) {
  return RunCall(call, "Diff", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return DiffCall(context_, stream, context, notes).Diff();
  });
}

}  // namespace stateserver::rpc
