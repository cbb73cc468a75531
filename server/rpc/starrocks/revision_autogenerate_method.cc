// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/revision_autogenerate_method.h"

#include "common/error.h"
#include "revisions/revision_file.h"
#include "revisions/words.h"
#include "server/rpc/list_page.h"
#include "server/rpc/starrocks/revision_target.h"
#include "server/rpc/starrocks/schema_convert.h"
#include "server/starrocks/diff/lint.h"
#include "server/starrocks/generate/model_limits.h"
#include "server/starrocks/revisions/autogenerate.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/version_table.h"

namespace stateserver::rpc {
namespace {

class AutogenerateCall {
 public:
  AutogenerateCall(const ServiceContext& context, AutogenerateStream* stream, CallContext& call,
                   CallNotes& notes)
      : context_(context), stream_(stream), call_(call), notes_(notes), meter_(MeterOf(call)) {}

  absl::Status Autogenerate() {
    RETURN_IF_ERROR(ReceiveBegin());
    ASSIGN_OR_RETURN(scope_, FindRevisionScope(context_, begin_.scope(),
                                               {auth::Action::kAutogenerate, ""}, call_, notes_));
    ASSIGN_OR_RETURN(Slots::Slot slot, AcquireSchemaSlot(context_, scope_.schema, call_));
    RETURN_IF_ERROR(ReceiveFiles());
    ASSIGN_OR_RETURN(std::shared_ptr<const revisions::Graph> graph,
                     GraphOf(revision_files_, call_));
    revisions::JournalState state;
    std::map<std::string, revisions::KnownObject> known;
    RETURN_IF_ERROR(ReadJournal(&state, &known));
    ASSIGN_OR_RETURN(schema::Filter filter, FilterOf(begin_.filter()));
    revisions::ProposalRequest request = Request(filter);
    RETURN_IF_ERROR(Extend(*graph, state, begin_.head(),
                           {begin_.depends_on().begin(), begin_.depends_on().end()},
                           &request.header));
    ASSIGN_OR_RETURN(live_, ReadLive(scope_.schema, nullptr, call_));
    ASSIGN_OR_RETURN(schema::Declared declared, Declared());
    std::vector<schema::Unmanaged> kept;
    if (begin_.models()) kept = KeepWhatModelsLack(live_, &declared.objects);
    for (const schema::Unmanaged& one : kept) {
      if (one.attribute.empty()) request.options.kept.insert(one.object);
    }
    request.past = revisions::PastChanges(*graph, state.applied);
    ASSIGN_OR_RETURN(proposal_, Propose(request, known, live_, std::move(declared.objects)));
    for (schema::PlanWarning& one : WarningsOf(declared)) {
      if (!request.options.looked_at(one.object)) continue;
      proposal_.plan.warnings.push_back(std::move(one));
    }
    for (schema::Unmanaged& one : kept) {
      if (!request.options.looked_at(one.object)) continue;
      proposal_.plan.unmanaged.push_back(std::move(one));
    }
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
    return FilterOf(begin_.filter()).status();
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

  absl::Status ReadJournal(revisions::JournalState* state,
                           std::map<std::string, revisions::KnownObject>* known) {
    ASSIGN_OR_RETURN(auto session, scope_.target.pool->Acquire(call_));
    ASSIGN_OR_RETURN(*state, ReadState(*session, scope_.target.key));
    ASSIGN_OR_RETURN(*known, ReadObjects(*session, scope_.target.key));
    ASSIGN_OR_RETURN(recorded_, ReadQueries(*session, scope_.target.key));
    return absl::OkStatus();
  }

  absl::StatusOr<schema::Declared> Declared() {
    ASSIGN_OR_RETURN(schema::Declared declared,
                     ReadDeclared(schema_files_.files(), scope_.schema.database, &meter_));
    RETURN_IF_ERROR(ToStatus(declared.problems));
    return declared;
  }

  // `filter` must outlive the result.
  revisions::ProposalRequest Request(const schema::Filter& filter) {
    using Kind = revisions::ProposalRequest::Kind;
    revisions::ProposalRequest request;
    request.kind = begin_.baseline() ? Kind::kBaseline
                   : begin_.adopt()  ? Kind::kAdopt
                                     : Kind::kDeclared;
    request.header.id = begin_.id();
    request.header.message = begin_.message();
    request.header.branches.assign(begin_.branch_labels().begin(), begin_.branch_labels().end());
    for (const v1::SchemaRename& one : begin_.renames()) {
      request.options.renames.push_back({one.table(), one.old_name(), one.new_name()});
    }
    request.options.rebuild = {begin_.rebuild().begin(), begin_.rebuild().end()};
    request.options.rebuild_dependents = begin_.rebuild_dependents();
    request.options.drop_undeclared = begin_.drop_undeclared();
    request.options.partitions = begin_.partitions();
    request.options.looked_at = revisions::WithoutVersionTable(filter);
    request.options.recorded = &recorded_;
    request.options.meter = &meter_;
    return request;
  }

  absl::Status Send() {
    v1::AutogenerateResponse response;
    *response.mutable_plan()->mutable_engine() = ToProto(live_.engine, live_.database);
    Deliver(stream_, response, notes_);
    EachEvent(proposal_.plan, schema::Lint(proposal_.plan, proposal_.to),
              [&](const v1::PlanEvent& event) {
                *response.mutable_plan() = event;
                Deliver(stream_, response, notes_);
              });
    notes_.Add("steps", static_cast<int64_t>(proposal_.plan.steps.size()));
    if (proposal_.plan.steps.empty()) return absl::OkStatus();
    response.set_revision(proposal_.revision.id);
    Deliver(stream_, response, notes_);
    SendFile();
    return absl::OkStatus();
  }

  void SendFile() {
    std::string text = PrintRevision(proposal_.revision);
    for (size_t at = 0; at < text.size(); at += kMessageBytes) {
      v1::AutogenerateResponse response;
      response.mutable_file()->set_name(FileName(proposal_.revision));
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
  schema::query::RecordedQueries recorded_;
  schema::LiveSchema live_;
  revisions::Proposal proposal_;
};

}  // namespace

absl::Status ServeAutogenerate(const ServiceContext& context, AutogenerateStream* stream,
                               CallContext& call, CallNotes& notes) {
  return AutogenerateCall(context, stream, call, notes).Autogenerate();
}

}  // namespace stateserver::rpc
