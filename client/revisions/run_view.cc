// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/run_view.h"

#include "client/cli/output/text.h"
#include "client/connection/calls.h"
#include "client/schema/plan_view.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::client {

namespace {

// Keeps the line breaks of statements.
std::string PrintableLines(const std::string& text) {
  std::string out;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    AppendTo(&out, at == 0 ? "" : "\n         ", Printable(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

std::string Heads(const google::protobuf::RepeatedPtrField<std::string>& heads) {
  return heads.empty() ? "base" : Printable(revisions::JoinList({heads.begin(), heads.end()}));
}

void PrintStatement(Console& console, std::ostream& out, const pb::PlannedStatement& one,
                    bool abandons) {
  std::string notes = StepClassWord(one.class_());
  if (one.job()) notes += ", job";
  if (one.destructive()) notes += ", " + console.PaintOut(Colour::kRed, "destructive");
  bool begun = one.state() != pb::STATEMENT_STATE_PENDING;
  if (begun) AppendTo(&notes, ", ", StatementStateWord(one.state()));
  if (!begun && abandons) notes += ", not run";
  if (one.compensates()) notes += ", undoes another statement";
  out << "  " << one.seq() << (one.seq() < 10 ? ".     " : ".    ")
      << PrintableLines(one.statement()) << ";\n         -- " << notes << '\n';
  if (!one.finding().empty()) out << "         -- " << Printable(one.finding()) << '\n';
}

std::string RemainingText(const pb::RemainingObject& object) {
  const std::string revision =
      object.revision().empty() ? "the journal" : Cat("revision ", Printable(object.revision()));
  switch (object.state()) {
    case pb::REMAINING_STATE_AS_RECORDED:
      return Cat("is as ", revision, " left it");
    case pb::REMAINING_STATE_DIFFERS:
      return Cat("differs from what ", revision, " left");
    case pb::REMAINING_STATE_NOT_RECORDED:
      return "exists, and no applied revision created or changed it";
    case pb::REMAINING_STATE_MISSING:
      return object.revision().empty() ? "does not exist"
                                       : Cat("does not exist, and ", revision, " left it");
    case pb::REMAINING_STATE_UNREADABLE:
      return "exists, and cannot be read";
    default:
      return EnumWord(object.state());
  }
}

void PrintRemaining(std::ostream& out, const RunPlan& plan) {
  if (plan.remaining.empty()) {
    out << "\nNothing of it remains in the warehouse, and nothing differs from the journal.\n";
    return;
  }
  out << "\nWhat remains in the warehouse:\n";
  for (const pb::RemainingObject& one : plan.remaining) {
    std::string statements;
    for (int seq : one.statements()) AppendTo(&statements, statements.empty() ? "" : ", ", seq);
    out << "  " << Printable(one.object()) << " " << RemainingText(one);
    if (!statements.empty()) {
      out << " (statement" << (one.statements_size() == 1 ? " " : "s ") << statements << ")";
    }
    out << '\n';
  }
}

std::string TitleOf(const pb::PlannedRevision& revision) {
  std::string direction = DirectionWord(revision.direction());
  if (revision.abandons()) return Cat("abandon ", direction, " of");
  if (revision.compensates()) return "undo the completed part of";
  return Cat(revision.resumed() ? "continue " : "", direction, " of");
}

}  // namespace

std::string StatementStateWord(pb::StatementState state) { return EnumWord(state); }

std::string DirectionWord(pb::RevisionDirection direction) { return EnumWord(direction); }

bool RunPlan::Add(const pb::RunEvent& event) {
  if (event.has_plan()) facts = event.plan();
  if (event.has_revision()) revisions.push_back({event.revision(), {}});
  if (event.has_planned() && !revisions.empty()) {
    revisions.back().statements.push_back(event.planned());
  }
  if (event.has_remaining()) remaining.push_back(event.remaining());
  return event.has_plan() || event.has_revision() || event.has_planned() || event.has_remaining();
}

std::string RunPlanToJson(const RunPlan& plan) {
  std::string revisions;
  for (const RunPlan::Revision& one : plan.revisions) {
    AppendTo(&revisions, revisions.empty() ? "" : ",",
             JsonObject().Fields(one.facts).Raw("statements", ListToJson(one.statements)).Finish());
  }
  return JsonObject()
      .Text("digest", plan.facts.digest())
      .Raw("heads_before", JsonList(plan.facts.heads_before()))
      .Raw("heads_after", JsonList(plan.facts.heads_after()))
      .Raw("engine", ToJson(plan.facts.engine()))
      .Raw("revisions", Cat("[", revisions, "]"))
      .Raw("warnings", JsonList(plan.facts.warnings()))
      .Raw("remaining", ListToJson(plan.remaining))
      .Finish();
}

void PrintRunPlan(Console& console, std::ostream& out, const RunPlan& plan) {
  const pb::RunPlan& facts = plan.facts;
  out << Printable(facts.engine().database()) << " (StarRocks "
      << Printable(facts.engine().version()) << "): " << Heads(facts.heads_before()) << " -> "
      << Heads(facts.heads_after()) << '\n';
  for (const auto& [revision, statements] : plan.revisions) {
    out << '\n'
        << console.PaintOut(Colour::kBold,
                            Cat(TitleOf(revision), " ", Printable(revision.revision())))
        << " " << Printable(revision.message()) << '\n';
    for (const pb::PlannedStatement& one : statements) {
      PrintStatement(console, out, one, revision.abandons());
    }
    if (statements.empty()) out << "  (no statements)\n";
  }
  if (plan.abandons()) PrintRemaining(out, plan);
  out << "\nPlan: " << Count(static_cast<int64_t>(plan.revisions.size()), "revision") << ", "
      << Count(CountStatements(plan), "statement") << "; digest " << Printable(facts.digest())
      << '\n';
  for (const std::string& warning : facts.warnings()) console.Warning(Printable(warning));
}

int CountStatements(const RunPlan& plan) {
  size_t count = 0;
  for (const RunPlan::Revision& revision : plan.revisions) count += revision.statements.size();
  return static_cast<int>(count);
}

RunProgress::RunProgress(Console& console, const std::string& title, int statements)
    : bars_(console, {title}), total_(statements) {
  bars_.Start();
  bars_.Update(0, 0, total_);
}

void RunProgress::Take(const pb::StatementProgress& it) {
  std::string where =
      Cat(Printable(it.revision()), " ", it.seq(), "/", it.total(), " ", Printable(it.object()));
  switch (it.state()) {
    case pb::STATEMENT_STATE_RUNNING:
      bars_.SetStatus(Cat(where, ": ", StepClassWord(it.class_())));
      break;
    case pb::STATEMENT_STATE_JOB:
      bars_.SetStatus(Cat(where, ": job ", it.job().id(), " (", EnumWord(it.job().kind()), ") ",
                          EnumWord(it.job().state()), it.job().progress().empty() ? "" : " ",
                          Printable(it.job().progress())));
      break;
    case pb::STATEMENT_STATE_DONE:
      if (!it.compensates()) bars_.Update(0, ++done_, total_);
      break;
    default:
      break;
  }
}

void RunProgress::Finish() { bars_.Finish(); }

absl::StatusOr<std::vector<pb::JournalEntry>> ReadStatements(Client& client,
                                                             const pb::WarehouseScope& scope,
                                                             int64_t run_id) {
  pb::ListRunStatementsRequest request;
  *request.mutable_scope() = scope;
  request.set_run_id(run_id);
  ASSIGN_OR_RETURN(auto all,
                   AllPages<pb::ListRunStatementsResponse>(
                       request, [&](const auto& page) { return client.ListRunStatements(page); }));
  return std::vector<pb::JournalEntry>(all.statements().begin(), all.statements().end());
}

absl::StatusOr<WarehouseStatus> ReadStatus(Client& client, const pb::WarehouseScope& scope,
                                           bool live) {
  pb::GetStatusRequest request;
  *request.mutable_scope() = scope;
  request.set_live(live);
  WarehouseStatus status;
  ASSIGN_OR_RETURN(status.facts, client.GetStatus(request));
  if (!status.facts.has_open_run()) return status;
  ASSIGN_OR_RETURN(status.entries, ReadStatements(client, scope, status.facts.open_run().id()));
  return status;
}

void PrintOpenRun(std::ostream& out, const WarehouseStatus& warehouse) {
  const pb::GetStatusResponse& status = warehouse.facts;
  if (status.has_open_run()) {
    const pb::RevisionRun& run = status.open_run();
    out << "Started and not finished: " << DirectionWord(run.direction()) << " of "
        << Printable(run.revision()) << " by " << Printable(run.principal()) << " at "
        << FormatTime(run.started_time()) << '\n';
    for (const pb::JournalEntry& entry : warehouse.entries) {
      out << "  " << (entry.compensates() ? "undo " : "") << "statement " << entry.seq() << " ("
          << Printable(entry.object()) << "): " << StatementStateWord(entry.state());
      if (entry.state() == pb::STATEMENT_STATE_JOB) out << " " << entry.job().id() << " is running";
      out << '\n';
    }
    if (!run.error().empty()) out << "  " << Printable(run.error()) << '\n';
    out << "The next `stateclient schema upgrade` or `stateclient schema repair` continues from "
           "there; `stateclient schema repair --abandon` ends the run as it is.\n";
  }
  if (status.has_lock()) {
    out << "Locked by " << Printable(status.lock().principal()) << " on "
        << Printable(status.lock().holder()) << " since " << FormatTime(status.lock().since_time())
        << " (operation " << Printable(status.lock().operation_id()) << ")\n";
  }
}

void PrintWhereThingsStand(Session& session, Client& client, const pb::WarehouseScope& scope) {
  auto status = ReadStatus(client, scope, /*live=*/false);
  if (status.ok()) PrintOpenRun(session.talk(), *status);
}

std::string RevisionLine(const revisions::Revision& revision, bool head) {
  std::string branches;
  for (const std::string& one : revision.branches) AppendTo(&branches, " (", Printable(one), ")");
  return Cat(revision.id, branches, head ? " (head)" : "", revision.message.empty() ? "" : ", ",
             Printable(revision.message));
}

}  // namespace stateserver::client
