// SPDX-License-Identifier: Apache-2.0
//
// The method RevisionService.Autogenerate.
#include "common/error.h"
#include "common/text.h"
#include "revisions/revision_file.h"
#include "revisions/words.h"
#include "server/rpc/list_page.h"
#include "server/rpc/starrocks/revision_service.h"
#include "server/rpc/starrocks/revision_target.h"
#include "server/rpc/starrocks/schema_convert.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/lint.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/revisions/autogenerate.h"
#include "server/starrocks/revisions/drift.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/stamp.h"

namespace stateserver::rpc {
namespace {

using AutogenerateStream =
    grpc::ServerReaderWriter<v1::AutogenerateResponse, v1::AutogenerateRequest>;

class AutogenerateCall {
 public:
  AutogenerateCall(const ServiceContext& context, AutogenerateStream* stream, CallContext& call,
                   CallNotes& notes)
      : context_(context), stream_(stream), call_(call), notes_(notes), meter_(MeterOf(call)) {}

  absl::Status Run() {
    RETURN_IF_ERROR(ReceiveBegin());
    ASSIGN_OR_RETURN(scope_, FindRevisionScope(context_, begin_.scope(),
                                               {auth::Action::kAutogenerate, ""}, call_, notes_));
    ASSIGN_OR_RETURN(Slots::Slot slot, AcquireSchemaSlot(context_, scope_.schema, call_));
    RETURN_IF_ERROR(ReceiveFiles());
    ASSIGN_OR_RETURN(std::shared_ptr<const revisions::Graph> graph,
                     GraphOf(revision_files_, call_));
    RETURN_IF_ERROR(ReadJournal());
    ASSIGN_OR_RETURN(header_.down, ParentsOf(*graph, state_, begin_.head()));
    for (const std::string& one : begin_.depends_on()) {
      ASSIGN_OR_RETURN(const revisions::Revision* found, graph->Find(one));
      header_.depends_on.push_back(found->id);
    }
    ASSIGN_OR_RETURN(live_, ReadLive(scope_.schema, nullptr, call_));
    RETURN_IF_ERROR(MakeThePlan());
    return Send();
  }

 private:
  absl::Status ReceiveBegin() {
    v1::AutogenerateRequest request;
    ASSIGN_OR_RETURN(bool begun, rpc::Receive(stream_, &request, notes_));
    if (!begun || !request.has_begin()) {
      return StreamOutOfOrder("The first message of Autogenerate is not its begin");
    }
    begin_ = request.begin();
    RETURN_IF_ERROR(FilterOf(begin_.filter()).status());
    header_.id = begin_.id();
    header_.message = begin_.message();
    header_.branches.assign(begin_.branch_labels().begin(), begin_.branch_labels().end());
    return absl::OkStatus();
  }

  absl::Status ReceiveFiles() {
    v1::AutogenerateRequest request;
    while (true) {
      ASSIGN_OR_RETURN(bool more, rpc::Receive(stream_, &request, notes_));
      if (!more) break;
      if (request.has_schema_file()) {
        RETURN_IF_ERROR(schema_files_.Add(request.schema_file()));
      } else if (request.has_revision_file()) {
        RETURN_IF_ERROR(revision_files_.Add(request.revision_file()));
      } else {
        return StreamOutOfOrder("A message of Autogenerate has no file");
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadJournal() {
    ASSIGN_OR_RETURN(auto session, scope_.target.pool->Acquire(call_));
    ASSIGN_OR_RETURN(state_, ReadState(*session, scope_.target.key));
    ASSIGN_OR_RETURN(known_, ReadObjects(*session, scope_.target.key));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<schema::Object>> Declared() {
    ASSIGN_OR_RETURN(schema::Declared declared,
                     ReadDeclared(schema_files_.files(), scope_.schema.database, &meter_));
    RETURN_IF_ERROR(ToStatus(declared.problems));
    return std::move(declared.objects);
  }

  schema::PlanOptions Options(const schema::Filter& filter) {
    schema::PlanOptions options;
    for (const v1::SchemaRename& one : begin_.renames()) {
      options.renames.push_back({one.table(), one.old_name(), one.new_name()});
    }
    options.rebuild = {begin_.rebuild().begin(), begin_.rebuild().end()};
    options.drop_undeclared = begin_.drop_undeclared();
    options.partitions = begin_.partitions();
    options.looked_at = OfTheSchema(filter);
    options.meter = &meter_;
    options.managed = [this](const schema::ObjectName& name) { return known_.contains(name.name); };
    return options;
  }

  absl::Status MakeThePlan() {
    ASSIGN_OR_RETURN(schema::Filter filter, FilterOf(begin_.filter()));
    schema::PlanOptions options = Options(filter);
    if (begin_.baseline() || begin_.adopt()) return PlanToLive(options);
    ASSIGN_OR_RETURN(to_, Declared());
    ASSIGN_OR_RETURN(plan_, MakePlan(live_, /*printed=*/true, to_, options));
    RETURN_IF_ERROR(NoteDrift());
    revision_ = MakeRevision(header_, plan_, live_, to_);
    return absl::OkStatus();
  }

  // The starting point is the schema that the journal remembers; it is empty for a baseline.
  absl::Status PlanToLive(schema::PlanOptions& options) {
    ASSIGN_OR_RETURN(std::vector<schema::Object> declared, Declared());
    std::set<std::string> wanted;
    for (const schema::Object& one : declared) wanted.insert(one.name.name);
    for (const auto& [name, object] : known_) wanted.insert(name);
    schema::LiveSchema from;
    from.engine = live_.engine;
    from.database = live_.database;
    if (!begin_.baseline()) {
      ASSIGN_OR_RETURN(auto remembered, revisions::RememberedObjects(known_, live_.database));
      for (schema::Object& one : remembered) from.objects.push_back({one, std::nullopt, ""});
    }
    for (const schema::LiveObject& one : live_.objects) {
      bool taken = options.looked_at(one.object.name) &&
                   (begin_.baseline() || wanted.contains(one.object.name.name));
      if (taken) to_.push_back(one.object);
    }
    options.partitions = true;
    ASSIGN_OR_RETURN(plan_, MakePlan(from, /*printed=*/true, to_, options));
    revision_ = MakeRevision(header_, plan_, from, to_);
    return absl::OkStatus();
  }

  // Manual changes become part of the revision, so the response mentions them.
  absl::Status NoteDrift() {
    ASSIGN_OR_RETURN(revisions::Drift drift, FindDrift(live_, known_));
    for (const std::string& name : drift.drifted) {
      plan_.warnings.push_back({{live_.database, name},
                                "",
                                "was changed outside the revisions: this revision contains its "
                                "difference from the declaration"});
    }
    return absl::OkStatus();
  }

  absl::Status Send() {
    v1::AutogenerateResponse response;
    *response.mutable_engine() = ToProto(live_.engine, live_.database);
    bool empty = plan_.steps.empty();
    if (!empty) response.set_revision(revision_.id);
    for (const auto& one : plan_.refusals) *response.add_refusals() = ToProto(one);
    for (const auto& one : plan_.warnings) *response.add_warnings() = ToProto(one);
    Deliver(stream_, response, notes_);
    for (const auto& one : plan_.unmanaged) {
      response.Clear();
      *response.add_unmanaged() = ToProto(one);
      Deliver(stream_, response, notes_);
    }
    for (const auto& one : schema::Lint(plan_, to_)) {
      response.Clear();
      *response.add_findings() = ToProto(one);
      Deliver(stream_, response, notes_);
    }
    for (const schema::Step& step : plan_.steps) {
      response.Clear();
      *response.add_steps() = ToProto(step);
      Deliver(stream_, response, notes_);
    }
    notes_.Add("steps", static_cast<int64_t>(plan_.steps.size()));
    if (!empty) SendFile();
    return absl::OkStatus();
  }

  void SendFile() {
    std::string text = PrintRevision(revision_);
    for (size_t at = 0; at < text.size(); at += kMessageBytes) {
      v1::AutogenerateResponse response;
      response.mutable_file()->set_name(FileName(revision_));
      response.mutable_file()->set_text(text.substr(at, kMessageBytes));
      Deliver(stream_, response, notes_);
    }
  }

  const ServiceContext& context_;
  AutogenerateStream* const stream_;
  CallContext& call_;
  CallNotes& notes_;
  v1::AutogenerateBegin begin_;
  FileCollector schema_files_, revision_files_;
  RevisionScope scope_;
  WorkMeter meter_;
  revisions::RevisionHeader header_;
  revisions::JournalState state_;
  std::map<std::string, revisions::KnownObject> known_;
  schema::LiveSchema live_;
  std::vector<schema::Object> to_;
  schema::Plan plan_;
  revisions::Revision revision_;
};

}  // namespace

grpc::Status RevisionServiceImpl::Autogenerate(grpc::ServerContext* call,
                                               AutogenerateStream* stream) {
  return RunCall(call, "Autogenerate", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return AutogenerateCall(context_, stream, context, notes).Run();
  });
}

}  // namespace stateserver::rpc
