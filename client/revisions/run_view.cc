// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/run_view.h"

#include "client/cli/output/text.h"
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

void PrintStatement(Console& console, std::ostream& out, const pb::PlannedStatement& one) {
  std::string notes = one.class_();
  if (one.job()) notes += ", job";
  if (one.destructive()) notes += ", " + console.PaintOut(Colour::kRed, "destructive");
  bool begun = one.state() != pb::STATEMENT_STATE_PENDING;
  if (begun) AppendTo(&notes, ", ", StatementStateWord(one.state()));
  out << "  " << one.seq() << (one.seq() < 10 ? ".     " : ".    ")
      << PrintableLines(one.statement()) << ";\n         -- " << notes << '\n';
  if (!one.finding().empty()) out << "         -- " << Printable(one.finding()) << '\n';
}

}  // namespace

std::string StatementStateWord(pb::StatementState state) {
  constexpr std::string_view kPrefix = "STATEMENT_STATE_";
  return Lower(pb::StatementState_Name(state).substr(kPrefix.size()));
}

std::string DirectionWord(pb::RevisionDirection direction) {
  constexpr std::string_view kPrefix = "REVISION_DIRECTION_";
  return Lower(pb::RevisionDirection_Name(direction).substr(kPrefix.size()));
}

void PrintRunPlan(Console& console, std::ostream& out, const pb::RunPlan& plan) {
  out << Printable(plan.engine().database()) << " (StarRocks " << Printable(plan.engine().version())
      << "): " << Heads(plan.heads_before()) << " -> " << Heads(plan.heads_after()) << '\n';
  std::string last;
  for (const pb::PlannedRevision& revision : plan.revisions()) {
    if (revision.revision() != last) {
      std::string what = revision.compensates() ? "undo the completed part of"
                                                : Cat(revision.resumed() ? "continue " : "",
                                                      DirectionWord(revision.direction()), " of");
      out << '\n'
          << console.PaintOut(Colour::kBold, Cat(what, " ", Printable(revision.revision()))) << " "
          << Printable(revision.message()) << '\n';
    }
    last = revision.revision();
    for (const pb::PlannedStatement& one : revision.statements()) PrintStatement(console, out, one);
    if (revision.statements().empty()) out << "  (no statements)\n";
  }
  out << "\nPlan: " << Count(plan.revisions_size(), "revision") << ", "
      << Count(CountStatements(plan), "statement") << "; digest " << plan.digest() << '\n';
  for (const std::string& warning : plan.warnings()) console.Warning(Printable(warning));
}

int CountStatements(const pb::RunPlan& plan) {
  int count = 0;
  for (const pb::PlannedRevision& revision : plan.revisions()) count += revision.statements_size();
  return count;
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
      bars_.SetStatus(Cat(where, ": ", Printable(it.class_())));
      break;
    case pb::STATEMENT_STATE_JOB:
      bars_.SetStatus(Cat(where, ": job ", it.job().id(), " (", Printable(it.job().kind()), ") ",
                          Printable(it.job().state()), it.job().progress().empty() ? "" : " ",
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

void PrintOpenRun(std::ostream& out, const pb::GetStatusResponse& status) {
  if (status.has_open_run()) {
    const pb::OpenRun& run = status.open_run();
    out << "Started and not finished: " << DirectionWord(run.direction()) << " of "
        << Printable(run.revision()) << " by " << Printable(run.principal()) << " at "
        << FormatTime(run.started_ts()) << '\n';
    for (const pb::JournalEntry& entry : run.entries()) {
      out << "  " << (entry.compensates() ? "undo " : "") << "statement " << entry.seq() << " ("
          << Printable(entry.object()) << "): " << StatementStateWord(entry.state());
      if (entry.state() == pb::STATEMENT_STATE_JOB) out << " " << entry.job().id() << " is running";
      out << '\n';
    }
    if (!run.error().empty()) out << "  " << Printable(run.error()) << '\n';
    out << "The next `stateclient schema upgrade` or `stateclient schema repair` continues from "
           "there.\n";
  }
  if (status.has_lock()) {
    out << "Locked by " << Printable(status.lock().principal()) << " on "
        << Printable(status.lock().holder()) << " since " << FormatTime(status.lock().since_ts())
        << " (operation " << Printable(status.lock().operation_id()) << ")\n";
  }
}

void PrintWhereThingsStand(Session& session, Client& client, const pb::WarehouseScope& scope) {
  pb::GetStatusRequest request;
  *request.mutable_scope() = scope;
  auto status = client.GetStatus(request);
  if (status.ok()) PrintOpenRun(session.talk(), *status);
}

std::string RevisionLine(const revisions::Revision& revision, bool head) {
  std::string branches;
  for (const std::string& one : revision.branches) AppendTo(&branches, " (", Printable(one), ")");
  return Cat(revision.id, branches, head ? " (head)" : "", revision.message.empty() ? "" : ", ",
             Printable(revision.message));
}

}  // namespace stateserver::client
