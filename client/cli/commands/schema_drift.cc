// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/schema_drift.h"

#include <algorithm>

#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/connection/answer_limit.h"
#include "client/revisions/autogenerate.h"
#include "client/revisions/folder.h"
#include "client/revisions/run_call.h"
#include "client/revisions/run_view.h"
#include "client/schema/plan_view.h"
#include "common/text.h"
#include "common/uuid.h"
#include "revisions/words.h"

namespace stateserver::client {
namespace {

struct Drift {
  pb::DriftSummary summary;
  std::vector<std::string> drifted;
  SchemaPlan back;
};

absl::StatusOr<Drift> ReadDrift(Client& client, const pb::WarehouseScope& scope) {
  pb::CheckDriftRequest request;
  *request.mutable_scope() = scope;
  auto stream = client.CheckDrift(request);
  Drift drift;
  AnswerLimit limit;
  pb::CheckDriftResponse response;
  while (stream->Read(&response)) {
    RETURN_IF_ERROR(limit.Count(response.ByteSizeLong()));
    if (response.has_summary()) drift.summary = response.summary();
    if (!response.drifted().empty()) drift.drifted.push_back(response.drifted());
    if (response.has_plan()) drift.back.Add(response.plan());
  }
  RETURN_IF_ERROR(stream->Finish());
  return drift;
}

void ShowDrift(Session& session, const Drift& drift) {
  if (session.json()) {
    std::string plan = PlanToJson(drift.back);
    session.out() << JsonObject()
                         .Raw("heads", JsonList(drift.summary.heads()))
                         .Number("managed", drift.summary.managed())
                         .Raw("drifted", JsonList(drift.drifted))
                         .Raw("back", plan)
                         .Finish()
                  << '\n';
    return;
  }
  if (drift.drifted.empty()) {
    session.talk() << "No drift: " << Count(drift.summary.managed(), "object")
                   << (drift.summary.managed() == 1 ? " is" : " are")
                   << " as the last revision left them.\n";
    return;
  }
  for (const std::string& name : drift.drifted) {
    session.out() << Printable(name) << " differs from the result of the last revision\n";
  }
  session.talk() << "\nThe statements that undo it:\n";
  PrintPlan(session.console(), drift.back, /*verbose=*/false);
  session.talk() << "\n--adopt writes a revision that accepts the change, --revert prints the "
                    "statements that undo it.\n";
}

void PrintRevert(Session& session, const Drift& drift) {
  for (const pb::SchemaStep& step : drift.back.steps) {
    session.file() << step.statement() << ";\n";
    if (step.job()) session.file() << "-- wait until its job is FINISHED\n";
  }
  for (const pb::SchemaRefusal& one : drift.back.refusals) {
    session.console().Warning(Cat(Printable(one.object()), " ", Printable(one.attribute()),
                                  " cannot be undone: ", Printable(one.reason())));
  }
}

// Returns the id of Alembic's last change if only Alembic has moved.
std::string AlembicId(const pb::GetStatusResponse& status) {
  bool moved = status.alembic_heads_size() == 1 &&
               !(status.heads_size() == 1 && status.heads(0) == status.alembic_heads(0));
  return moved ? status.alembic_heads(0) : "";
}

absl::StatusOr<NewRevision> MakeAdoption(Session& session, Client& client,
                                         const DriftOptions& options,
                                         const RevisionFolder& folder) {
  pb::GetStatusRequest status_request;
  *status_request.mutable_scope() = ScopeOf(session, options.common);
  status_request.set_live(true);
  ASSIGN_OR_RETURN(pb::GetStatusResponse status, client.GetStatus(status_request));
  pb::AutogenerateBegin begin;
  *begin.mutable_scope() = ScopeOf(session, options.common);
  begin.set_adopt(true);
  begin.set_id(options.id.empty() ? AlembicId(status) : options.id);
  begin.set_message(options.message.empty() ? "adopt manual changes" : options.message);
  for (const std::string& glob : options.include) begin.mutable_filter()->add_include(glob);
  for (const std::string& glob : options.exclude) begin.mutable_filter()->add_exclude(glob);
  ASSIGN_OR_RETURN(std::vector<std::string> ignored, ReadSchemaIgnore());
  for (const std::string& glob : ignored) begin.mutable_filter()->add_exclude(glob);
  // Compares all declared objects, even those that no revision has created.
  auto declared = ReadSchemaSource(options.declared, "", session.interrupts());
  return RunAutogenerate(client, begin, declared.ok() ? *declared : SchemaSource(), folder);
}

absl::Status Adopt(Session& session, Client& client, const DriftOptions& options) {
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  ASSIGN_OR_RETURN(NewRevision answer, MakeAdoption(session, client, options, folder));
  if (answer.file.text.empty()) {
    session.talk() << "Nothing to adopt.\n";
    if (session.json())
      session.out() << JsonObject().Null("file").Null("revision").Finish() << '\n';
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(std::string path, WriteRevision(folder, answer.file.name, answer.file.text));
  ASSIGN_OR_RETURN(RevisionFolder after, ReadRevisionFolder(options.common.folder));
  const revisions::Revision* fresh = after.graph.Get(answer.revision);
  // Keeps the other heads.
  pb::GetStatusRequest request;
  *request.mutable_scope() = ScopeOf(session, options.common);
  ASSIGN_OR_RETURN(pb::GetStatusResponse status, client.GetStatus(request));
  pb::StampBegin begin;
  *begin.mutable_scope() = request.scope();
  begin.set_operation_id(NewUuid());
  ASSIGN_OR_RETURN(*begin.mutable_version_table(), VersionTableOf(options.common, "schema check"));
  begin.set_force(true);  // the revision was made of the live schema
  begin.add_targets(answer.revision);
  for (const std::string& head : status.heads()) {
    bool follows = fresh != nullptr &&
                   std::find(fresh->down.begin(), fresh->down.end(), head) != fresh->down.end();
    if (!follows) begin.add_targets(head);
  }
  RETURN_IF_ERROR(RunStamp(client, begin, after.files).status());
  if (session.json()) {
    session.out() << JsonObject().Text("file", path).Text("revision", answer.revision).Finish()
                  << '\n';
  } else {
    session.talk() << "Wrote " << Printable(path) << ", and recorded it as applied.\n";
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunDrift(Session& session, const DriftOptions& options) {
  session.set_failed_code(kExitNotCompared);
  ASSIGN_OR_RETURN(Client * client, session.client());
  if (options.adopt) return Adopt(session, *client, options);
  ASSIGN_OR_RETURN(Drift drift, ReadDrift(*client, ScopeOf(session, options.common)));
  if (options.revert && !session.json()) {
    PrintRevert(session, drift);
    return absl::OkStatus();
  }
  ShowDrift(session, drift);
  if (!drift.drifted.empty()) session.set_done_code(kExitFindings);
  return absl::OkStatus();
}

}  // namespace stateserver::client
