// schema current, heads, history and show.
#include <map>
#include <memory>
#include <set>

#include "client/commands/groups.h"
#include "client/commands/revision_options.h"
#include "client/commands/schema_commands.h"
#include "client/output/format.h"
#include "client/output/json.h"
#include "client/output/table.h"
#include "client/revisions/folder.h"
#include "client/revisions/offline.h"
#include "client/revisions/run_view.h"
#include "client/revisions/status_view.h"
#include "common/revisions/words.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct Options {
  RevisionOptions common;
  std::string revision, as;
  bool runs = false, offline = false;
};

std::string JsonList(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) AppendTo(&out, out.size() > 1 ? "," : "", JsonString(text));
  return out + "]";
}

// --- current -------------------------------------------------------------------------
absl::Status RunCurrent(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetStatusRequest request;
  *request.mutable_scope() = ScopeOf(session, options.common);
  request.set_live(true);
  ASSIGN_OR_RETURN(pb::GetStatusResponse status, client->GetStatus(request));
  if (session.json()) {
    session.out() << ToJson(status) << '\n';
    return absl::OkStatus();
  }
  auto folder = ReadRevisionFolder(options.common.folder);
  revisions::Ids heads;
  if (folder.ok()) heads = folder->graph.Heads();
  for (const std::string& head : status.heads()) {
    const revisions::Revision* revision = folder.ok() ? folder->graph.Get(head) : nullptr;
    session.out() << (revision == nullptr ? Cat(Printable(head), " (in none of the files)")
                                          : RevisionLine(*revision, heads.contains(head)))
                  << '\n';
  }
  if (status.heads().empty()) session.talk() << "No revision is applied.\n";
  PrintOpenRun(session.talk(), status);
  std::vector<std::string> mine(status.heads().begin(), status.heads().end());
  std::vector<std::string> alembic(status.alembic_heads().begin(), status.alembic_heads().end());
  if (status.has_version_table() && mine != alembic) {
    session.console().Warning(
        Cat("The table alembic_version is at ",
            alembic.empty() ? "nothing" : Printable(revisions::JoinList(alembic)), "."));
  }
  return absl::OkStatus();
}

// --- heads ---------------------------------------------------------------------------
absl::Status RunHeads(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  revisions::Ids heads = folder.graph.Heads();
  if (session.json()) {
    session.out() << JsonObject().Raw("heads", JsonList({heads.begin(), heads.end()})).Finish()
                  << '\n';
    return absl::OkStatus();
  }
  for (const std::string& id : heads) {
    session.out() << RevisionLine(*folder.graph.Get(id), true) << '\n';
  }
  return absl::OkStatus();
}

// --- history -------------------------------------------------------------------------
absl::StatusOr<std::vector<pb::RevisionRun>> ReadRuns(Session& session, const Options& options,
                                                      const std::string& revision, bool entries) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  constexpr int kPage = 1000;
  pb::GetHistoryRequest request;
  *request.mutable_scope() = ScopeOf(session, options.common);
  request.set_page_size(kPage);
  request.set_revision(revision);
  request.set_entries(entries);
  std::vector<pb::RevisionRun> runs;
  while (true) {
    ASSIGN_OR_RETURN(pb::GetHistoryResponse page, client->GetHistory(request));
    runs.insert(runs.end(), page.runs().begin(), page.runs().end());
    if (page.next_page_token().empty()) return runs;
    request.set_page_token(page.next_page_token());
  }
}

std::string Took(const pb::RevisionRun& run) {
  return run.finished_ts() == 0 ? "-" : FormatSpan(run.finished_ts() - run.started_ts());
}

void PrintRuns(std::ostream& out, const std::vector<pb::RevisionRun>& runs) {
  Table table({{"STARTED"},
               {"WHAT"},
               {"REVISION"},
               {"STATUS"},
               {"STATEMENTS", Table::Align::kRight},
               {"TOOK", Table::Align::kRight},
               {"BY"},
               {"FROM"},
               {"OPERATION"}});
  for (const pb::RevisionRun& run : runs) {
    table.Add({FormatTime(run.started_ts()), DirectionWord(run.direction()), run.revision(),
               run.status(), Cat(run.statements()), Took(run), run.principal(), run.peer(),
               run.operation_id()});
  }
  table.Print(out);
}

// What became of a revision last, where that is known.
using LastRuns = std::map<std::string, pb::RevisionRun>;

std::string AppliedText(const LastRuns& last, const std::string& id) {
  auto found = last.find(id);
  if (found == last.end()) return "";
  const pb::RevisionRun& run = found->second;
  return Cat("  [applied ", FormatTime(run.started_ts()), " by ", Printable(run.principal()),
             " from ", Printable(run.peer()), " in ", Took(run), "]");
}

absl::Status RunHistory(Session& session, const Options& options) {
  if (options.runs || session.json()) {
    ASSIGN_OR_RETURN(std::vector<pb::RevisionRun> runs,
                     ReadRuns(session, options, options.revision, session.json()));
    if (!session.json()) {
      PrintRuns(session.out(), runs);
      return absl::OkStatus();
    }
    std::string list;
    for (const pb::RevisionRun& run : runs) AppendTo(&list, list.empty() ? "" : ",", ToJson(run));
    session.out() << JsonObject().Raw("runs", Cat("[", list, "]")).Finish() << '\n';
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  LastRuns last;
  revisions::Ids applied;
  if (!options.offline) {
    ASSIGN_OR_RETURN(Client * client, session.client());
    pb::GetStatusRequest request;
    *request.mutable_scope() = ScopeOf(session, options.common);
    ASSIGN_OR_RETURN(pb::GetStatusResponse status, client->GetStatus(request));
    for (const pb::AppliedRevision& one : status.applied()) applied.insert(one.revision());
    ASSIGN_OR_RETURN(std::vector<pb::RevisionRun> runs, ReadRuns(session, options, "", false));
    for (const pb::RevisionRun& run : runs) {
      bool up = run.direction() == pb::REVISION_DIRECTION_UPGRADE && run.status() == "done";
      if (up && applied.contains(run.revision())) last.emplace(run.revision(), run);
    }
  }
  revisions::Ids heads = folder.graph.Heads();
  const auto& all = folder.graph.all();
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    std::string down = one->down.empty() ? "<base>" : revisions::JoinList(one->down);
    std::string state = options.offline             ? ""
                        : applied.contains(one->id) ? AppliedText(last, one->id)
                                                    : "  [not applied]";
    session.out() << down << " -> " << RevisionLine(*one, heads.contains(one->id)) << state << '\n';
  }
  return absl::OkStatus();
}

// --- show ----------------------------------------------------------------------------
absl::Status RunShow(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  ASSIGN_OR_RETURN(const revisions::Revision* revision, folder.graph.Find(options.revision));
  if (options.as == "alembic") {
    session.out() << AlembicScript(*revision);
    return absl::OkStatus();
  }
  std::string text;
  for (const SchemaText& file : folder.files) {
    if (file.name == revision->file) text = file.text;
  }
  if (session.json()) {
    session.out() << JsonObject()
                         .Text("revision", revision->id)
                         .Raw("down_revision", JsonList(revision->down))
                         .Raw("depends_on", JsonList(revision->depends_on))
                         .Raw("branches", JsonList(revision->branches))
                         .Text("message", revision->message)
                         .Text("created", revision->created)
                         .Text("file", revision->file)
                         .Text("text", text)
                         .Finish()
                  << '\n';
    return absl::OkStatus();
  }
  session.out() << "-- " << Printable(revision->file) << '\n' << text;
  return absl::OkStatus();
}

template <absl::Status (*kRun)(Session&, const Options&)>
Command::Run Define(Arguments& arguments, std::shared_ptr<Options> options) {
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  return [options](Session& session) { return kRun(session, *options); };
}

}  // namespace

Command SchemaCurrentCommand() {
  return {"current", kSchemaGroup, "which revision the live schema is at",
          [](Arguments& arguments) {
            return Define<RunCurrent>(arguments, std::make_shared<Options>());
          }};
}

Command SchemaHeadsCommand() {
  return {"heads", kSchemaGroup, "the newest revisions of the files", [](Arguments& arguments) {
            return Define<RunHeads>(arguments, std::make_shared<Options>());
          }};
}

Command SchemaHistoryCommand() {
  return {"history", kSchemaGroup, "the revisions, and who applied them when",
          [](Arguments& arguments) {
            auto options = std::make_shared<Options>();
            arguments.Flag("--runs", &options->runs,
                           "every run there was, those taken back and failed, too");
            arguments.Flag("--offline", &options->offline, "from the files alone");
            return Define<RunHistory>(arguments, options);
          }};
}

Command SchemaShowCommand() {
  return {"show", kSchemaGroup, "one revision", [](Arguments& arguments) {
            auto options = std::make_shared<Options>();
            arguments
                .Positional("REVISION", &options->revision,
                            "head, a revision or the beginning of its id")
                .required = true;
            arguments
                .Option("--as", "sql|alembic", &options->as,
                        "the file (default), or a script for Alembic")
                .completes = Completes::kChoice;
            return Define<RunShow>(arguments, options);
          }};
}

}  // namespace stateserver::client
