// SPDX-License-Identifier: Apache-2.0

#include <map>
#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/connection/calls.h"
#include "client/revisions/folder.h"
#include "client/revisions/offline.h"
#include "client/revisions/run_view.h"
#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::client {

namespace {

struct SchemaHistoryOptions {
  RevisionOptions common;
  bool runs = false, offline = false;
};

absl::StatusOr<std::vector<pb::RevisionRun>> ReadRuns(Session& session,
                                                      const SchemaHistoryOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::ListRunsRequest request;
  *request.mutable_scope() = ScopeOf(session, options.common);
  ASSIGN_OR_RETURN(auto all, AllPages<pb::ListRunsResponse>(request, [&](const auto& page) {
                     return client->ListRuns(page);
                   }));
  return std::vector<pb::RevisionRun>(all.runs().begin(), all.runs().end());
}

absl::StatusOr<pb::ListAppliedRevisionsResponse> ReadApplied(Session& session,
                                                             const RevisionOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::ListAppliedRevisionsRequest request;
  *request.mutable_scope() = ScopeOf(session, options);
  return AllPages<pb::ListAppliedRevisionsResponse>(
      request, [&](const auto& page) { return client->ListAppliedRevisions(page); });
}

// Prints each run with its statements.
absl::Status PrintRunsJson(Session& session, const SchemaHistoryOptions& options,
                           const std::vector<pb::RevisionRun>& runs) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  std::string list;
  for (const pb::RevisionRun& run : runs) {
    ASSIGN_OR_RETURN(auto entries,
                     ReadStatements(*client, ScopeOf(session, options.common), run.id()));
    AppendTo(&list, list.empty() ? "" : ",",
             JsonObject().Fields(run).Raw("entries", ListToJson(entries)).Finish());
  }
  session.out() << JsonObject().Raw("runs", Cat("[", list, "]")).Finish() << '\n';
  return absl::OkStatus();
}

std::string Took(const pb::RevisionRun& run) {
  if (!run.has_finished_time()) return "-";
  return FormatSpan(ToMilliseconds(run.finished_time()) - ToMilliseconds(run.started_time()));
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
    table.Add({FormatTime(run.started_time()), DirectionWord(run.direction()), run.revision(),
               EnumWord(run.status()), Cat(run.statements()), Took(run), run.principal(),
               run.peer(), run.operation_id()});
  }
  table.Print(out);
}

// The last run of each revision, as far as known.
using LastRuns = std::map<std::string, pb::RevisionRun>;

std::string AppliedText(const LastRuns& last, const std::string& id) {
  auto found = last.find(id);
  if (found == last.end()) return "  [applied by a stamp]";
  const pb::RevisionRun& run = found->second;
  return Cat("  [applied ", FormatTime(run.started_time()), " by ", Printable(run.principal()),
             " from ", Printable(run.peer()), " in ", Took(run), "]");
}

absl::Status RunSchemaHistory(Session& session, const SchemaHistoryOptions& options) {
  if (options.runs || session.json()) {
    ASSIGN_OR_RETURN(std::vector<pb::RevisionRun> runs, ReadRuns(session, options));
    if (session.json()) return PrintRunsJson(session, options, runs);
    PrintRuns(session.out(), runs);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  LastRuns last;
  revisions::Ids applied;
  if (!options.offline) {
    ASSIGN_OR_RETURN(pb::ListAppliedRevisionsResponse all, ReadApplied(session, options.common));
    for (const pb::AppliedRevision& one : all.revisions()) applied.insert(one.revision());
    ASSIGN_OR_RETURN(std::vector<pb::RevisionRun> runs, ReadRuns(session, options));
    for (const pb::RevisionRun& run : runs) {
      bool up =
          run.direction() == pb::REVISION_DIRECTION_UPGRADE && run.status() == pb::RUN_STATUS_DONE;
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

Command::Run DefineSchemaHistory(Arguments& arguments) {
  auto options = std::make_shared<SchemaHistoryOptions>();
  arguments.Flag("--runs", &options->runs, "every run, including those that failed or were undone");
  arguments.Flag("--offline", &options->offline, "read only the files");
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  return [options](Session& session) { return RunSchemaHistory(session, *options); };
}

struct SchemaHeadsOptions {
  RevisionOptions common;
};

absl::Status RunSchemaHeads(Session& session, const SchemaHeadsOptions& options) {
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  revisions::Ids heads = folder.graph.Heads();
  if (session.json()) {
    session.out() << JsonObject().Raw("heads", JsonList(heads)).Finish() << '\n';
    return absl::OkStatus();
  }
  for (const std::string& id : heads) {
    session.out() << RevisionLine(*folder.graph.Get(id), true) << '\n';
  }
  return absl::OkStatus();
}

Command::Run DefineSchemaHeads(Arguments& arguments) {
  auto options = std::make_shared<SchemaHeadsOptions>();
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  return [options](Session& session) { return RunSchemaHeads(session, *options); };
}

struct SchemaCurrentOptions {
  RevisionOptions common;
};

absl::Status PrintStatusJson(Session& session, const SchemaCurrentOptions& options,
                             const WarehouseStatus& status) {
  ASSIGN_OR_RETURN(pb::ListAppliedRevisionsResponse applied, ReadApplied(session, options.common));
  const pb::GetStatusResponse& facts = status.facts;
  JsonObject out;
  out.Text("gateway", facts.gateway())
      .Text("database", facts.database())
      .Raw("heads", JsonList(facts.heads()))
      .Raw("applied", ListToJson(applied, "revisions"));
  if (facts.has_open_run()) {
    out.Raw(
        "open_run",
        JsonObject().Fields(facts.open_run()).Raw("entries", ListToJson(status.entries)).Finish());
  } else {
    out.Null("open_run");
  }
  session.out() << out.Raw("lock", facts.has_lock() ? ToJson(facts.lock()) : "null")
                       .Bool("has_version_table", facts.has_version_table())
                       .Raw("alembic_heads", JsonList(facts.alembic_heads()))
                       .Finish()
                << '\n';
  return absl::OkStatus();
}

absl::Status RunSchemaCurrent(Session& session, const SchemaCurrentOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  const pb::WarehouseScope scope = ScopeOf(session, options.common);
  auto asked = ReadStatus(*client, scope, /*live=*/true);
  if (ReasonOf(asked.status()) == Reason::WAREHOUSE_UNREACHABLE) {
    // The journal can be read without the engine.
    session.console().Warning(
        Cat("The warehouse does not answer: ", Printable(MessageOf(asked.status()))));
    asked = ReadStatus(*client, scope, /*live=*/false);
  }
  RETURN_IF_ERROR(asked.status());
  const pb::GetStatusResponse& status = asked->facts;
  if (session.json()) return PrintStatusJson(session, options, *asked);
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
  PrintOpenRun(session.talk(), *asked);
  std::vector<std::string> mine(status.heads().begin(), status.heads().end());
  std::vector<std::string> alembic(status.alembic_heads().begin(), status.alembic_heads().end());
  if (status.has_version_table() && mine != alembic) {
    session.console().Warning(
        Cat("The table alembic_version is at ",
            alembic.empty() ? "nothing" : Printable(revisions::JoinList(alembic)), "."));
  }
  return absl::OkStatus();
}

Command::Run DefineSchemaCurrent(Arguments& arguments) {
  auto options = std::make_shared<SchemaCurrentOptions>();
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  return [options](Session& session) { return RunSchemaCurrent(session, *options); };
}

struct SchemaShowOptions {
  RevisionOptions common;
  std::string revision, as;
};

absl::Status RunSchemaShow(Session& session, const SchemaShowOptions& options) {
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  ASSIGN_OR_RETURN(const revisions::Revision* revision, folder.graph.Find(options.revision));
  if (options.as == "alembic") {
    session.file() << AlembicScript(*revision);
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

Command::Run DefineSchemaShow(Arguments& arguments) {
  auto options = std::make_shared<SchemaShowOptions>();
  arguments
      .Positional("REVISION", &options->revision, "head, a revision or the beginning of its id")
      .required = true;
  arguments
      .Option("--as", "sql|alembic", &options->as, "the file (default), or a script for Alembic")
      .completes = Completes::kChoice;
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  return [options](Session& session) { return RunSchemaShow(session, *options); };
}

}  // namespace

Command SchemaHistoryCommand() {
  return {"history", kSchemaGroup, "the revisions, with who applied them and when",
          DefineSchemaHistory};
}

Command SchemaHeadsCommand() {
  return {"heads", kSchemaGroup, "the newest revisions of the files", DefineSchemaHeads};
}

Command SchemaCurrentCommand() {
  return {"current", kSchemaGroup, "the revision of the live schema", DefineSchemaCurrent};
}

Command SchemaShowCommand() { return {"show", kSchemaGroup, "one revision", DefineSchemaShow}; }

}  // namespace stateserver::client
