// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/status_view.h"

#include "client/cli/output/format.h"
#include "client/cli/output/table.h"
#include "client/revisions/run_view.h"
#include "common/text.h"

namespace stateserver::client {

void PrintOpenRun(std::ostream& out, const pb::GetStatusResponse& status) {
  if (status.has_open_run()) {
    const pb::OpenRun& run = status.open_run();
    out << "Begun and not finished: " << DirectionWord(run.direction()) << " of "
        << Printable(run.revision()) << " by " << Printable(run.principal()) << " at "
        << FormatTime(run.started_ts()) << '\n';
    for (const pb::JournalEntry& entry : run.entries()) {
      out << "  " << (entry.compensates() ? "undo " : "") << "statement " << entry.seq() << " ("
          << Printable(entry.object()) << "): " << StatementStateWord(entry.state());
      if (entry.state() == pb::STATEMENT_STATE_JOB) out << " " << entry.job().id() << " goes on";
      out << '\n';
    }
    if (!run.error().empty()) out << "  " << Printable(run.error()) << '\n';
    out << "The next `stateclient schema upgrade` or `stateclient schema repair` goes on from "
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
