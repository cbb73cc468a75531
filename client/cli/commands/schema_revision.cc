// SPDX-License-Identifier: Apache-2.0
//
// The commands schema revision and schema merge.
#include <memory>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/commands/commands.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/revisions/autogenerate.h"
#include "client/schema/plan_view.h"
#include "common/text.h"
#include "revisions/revision_file.h"
#include "revisions/words.h"

namespace stateserver::client {
namespace {

struct SchemaRevisionOptions {
  RevisionOptions common;
  std::string message, head, label, models, to = "schema", python, id;
  std::vector<std::string> depends_on, renames, rebuild, include, exclude, revisions;
  bool autogenerate = false, sql_only = false, drop_undeclared = false, partitions = false;
  bool skip_refused = false;
  bool rebuild_dependents = false;
};

revisions::Revision EmptyRevision(const SchemaRevisionOptions& options) {
  revisions::Revision revision;
  revision.id = options.id.empty() ? revisions::NewRevisionId() : options.id;
  revision.message = options.message;
  revision.created = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
  if (!options.label.empty()) revision.branches = revisions::SplitList(options.label);
  return revision;
}

absl::Status Report(Session& session, const std::string& path, const std::string& id) {
  if (session.json()) {
    session.out() << JsonObject().Text("file", path).Text("revision", id).Finish() << '\n';
  } else {
    session.talk() << "Wrote " << Printable(path) << '\n';
  }
  return absl::OkStatus();
}

// Returns an empty revision with comments that the parser ignores.
std::string Template(const revisions::Revision& revision) {
  std::string text = PrintRevision(revision);
  constexpr std::string_view kUp = "-- +upgrade\n", kDown = "-- +downgrade\n";
  size_t up = text.find(kUp) + kUp.size();
  text.insert(up,
              "\n-- Statements end with a semicolon. INSERTs get a label, so that they are run "
              "once;\n-- after other DML that was interrupted you are asked. For example:\n"
              "-- ALTER TABLE users ADD COLUMN age INT NULL;\n"
              "-- UPDATE users SET age = 0 WHERE age IS NULL;\n");
  size_t down = text.find(kDown) + kDown.size();
  text.insert(
      down,
      "\n-- The statements that undo it, or a line `-- irreversible: why`. `-- step: undoes=1` "
      "before a\n-- statement says which one of the upgrade it undoes.\n");
  return text;
}

absl::Status WriteByHand(Session& session, const SchemaRevisionOptions& options,
                         const RevisionFolder& folder) {
  revisions::Revision revision = EmptyRevision(options);
  if (!folder.graph.all().empty() && options.head != "base") {
    ASSIGN_OR_RETURN(const revisions::Revision* parent,
                     folder.graph.Find(options.head.empty() ? "head" : options.head));
    revision.down = {parent->id};
  }
  for (const std::string& one : options.depends_on) {
    ASSIGN_OR_RETURN(const revisions::Revision* found, folder.graph.Find(one));
    revision.depends_on.push_back(found->id);
  }
  std::string text = Template(revision);
  if (options.sql_only) {
    session.file() << text;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(std::string path, WriteRevision(folder, FileName(revision), text));
  return Report(session, path, revision.id);
}

absl::StatusOr<pb::AutogenerateBegin> Begin(Session& session,
                                            const SchemaRevisionOptions& options) {
  pb::AutogenerateBegin begin;
  *begin.mutable_scope() = ScopeOf(session, options.common);
  for (const std::string& glob : options.include) begin.mutable_filter()->add_include(glob);
  for (const std::string& glob : options.exclude) begin.mutable_filter()->add_exclude(glob);
  ASSIGN_OR_RETURN(std::vector<std::string> ignored, ReadSchemaIgnore());
  for (const std::string& glob : ignored) begin.mutable_filter()->add_exclude(glob);
  for (const std::string& text : options.renames) {
    ASSIGN_OR_RETURN(*begin.add_renames(), ReadRename(text, "schema revision"));
  }
  for (const std::string& name : options.rebuild) begin.add_rebuild(name);
  begin.set_rebuild_dependents(options.rebuild_dependents);
  begin.set_drop_undeclared(options.drop_undeclared);
  begin.set_partitions(options.partitions);
  begin.set_models(!options.models.empty() || IsModels(options.to));
  begin.set_head(options.head);
  begin.set_message(options.message);
  begin.set_id(options.id);
  for (const std::string& one : revisions::SplitList(options.label)) begin.add_branch_labels(one);
  for (const std::string& one : options.depends_on) begin.add_depends_on(one);
  return begin;
}

absl::Status Refused(const NewRevision& answer) {
  std::string text;
  for (const pb::SchemaRefusal& one : answer.plan.refusals) {
    const std::string hint = RefusalHint(one);
    AppendTo(&text, "\n  ", one.object(), " ", one.attribute(), ": ", one.reason(),
             hint.empty() ? "" : Cat(" (", hint, ")"));
  }
  return ClientError(ClientReason::DENIED,
                     Cat("StarRocks cannot make these changes, so no revision was written:", text),
                     "Follow the hints, remove the changes from the declarations, or write the "
                     "rest with --skip-refused.");
}

absl::Status Autogenerate(Session& session, const SchemaRevisionOptions& options,
                          const RevisionFolder& folder) {
  ASSIGN_OR_RETURN(pb::AutogenerateBegin begin, Begin(session, options));
  std::string from = options.models.empty() ? options.to : Cat("models:", options.models);
  ASSIGN_OR_RETURN(SchemaSource declared,
                   ReadSchemaSource(from, options.python, session.interrupts()));
  ASSIGN_OR_RETURN(Client * client, session.client());
  ASSIGN_OR_RETURN(NewRevision answer, RunAutogenerate(*client, begin, declared, folder));
  if (options.sql_only) {
    session.file() << answer.file.text;
    return answer.plan.refusals.empty() ? absl::OkStatus() : Refused(answer);
  }
  if (!session.json()) PrintPlan(session.console(), answer.plan, /*verbose=*/false);
  if (!answer.plan.refusals.empty() && !options.skip_refused) return Refused(answer);
  if (answer.file.text.empty()) {
    if (session.json()) {
      session.out() << JsonObject().Null("file").Null("revision").Finish() << '\n';
    } else {
      session.talk()
          << "Nothing to do: the live schema matches the declarations. No revision was written.\n";
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(std::string path, WriteRevision(folder, answer.file.name, answer.file.text));
  return Report(session, path, answer.revision);
}

absl::Status RunRevision(Session& session, const SchemaRevisionOptions& options) {
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  if (options.autogenerate) return Autogenerate(session, options, folder);
  return WriteByHand(session, options, folder);
}

Command::Run DefineRevision(Arguments& arguments) {
  auto options = std::make_shared<SchemaRevisionOptions>();
  arguments.Option("-m,--message", "TEXT", &options->message, "what the revision is for");
  arguments.Flag("--autogenerate", &options->autogenerate,
                 "write the statements that make the live schema match the declarations");
  arguments.Flag("--sql-only", &options->sql_only, "print the file instead of writing it");
  arguments.Option("--head", "REVISION", &options->head,
                   "the revision it follows (default: the only head); base: none");
  arguments.Option("--branch-label", "LABEL", &options->label, "a name for the branch it begins");
  arguments.List("--depends-on", "REVISION", &options->depends_on,
                 "a revision of another branch that must be applied first");
  arguments.List("--rename", "OLD=NEW", &options->renames,
                 "an object, or as TABLE.OLD=NEW a column, that keeps its data");
  arguments.List("--rebuild", "NAME", &options->rebuild,
                 "a table or materialized view that may be rebuilt");
  arguments.Flag("--rebuild-dependents", &options->rebuild_dependents,
                 "rebuild materialized views that the changes would leave inactive");
  arguments.Option("--models", "MODULE", &options->models,
                   "SQLAlchemy models instead of the folder schema");
  arguments
      .Option("--to", "SCHEMA", &options->to,
              "the declarations: a folder or a file (default: schema)")
      .completes = Completes::kFile;
  arguments.Option("--python", "PATH", &options->python, "the Python that has the models")
      .completes = Completes::kFile;
  arguments.Flag("--drop-undeclared", &options->drop_undeclared,
                 "also drop objects that no revision created");
  arguments.Flag("--partitions", &options->partitions, "also compare listed partitions");
  arguments.Flag("--skip-refused", &options->skip_refused,
                 "leave out changes that the engine refuses, and write the rest");
  arguments.List("--include", "GLOB", &options->include, "only these objects");
  arguments.List("--exclude", "GLOB", &options->exclude, "all but these objects");
  arguments.Option("--rev-id", "ID", &options->id, "the revision's id (default: a random one)");
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  return [options](Session& session) { return RunRevision(session, *options); };
}

absl::Status RunMerge(Session& session, const SchemaRevisionOptions& options) {
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  revisions::Ids parents;
  for (const std::string& one : options.revisions) {
    if (one == "heads") {
      for (const std::string& head : folder.graph.Heads()) parents.insert(head);
      continue;
    }
    ASSIGN_OR_RETURN(const revisions::Revision* found, folder.graph.Find(one));
    parents.insert(found->id);
  }
  if (parents.size() < 2) {
    return UsageError(
        "schema merge",
        "There is nothing to merge: name two or more revisions, or `heads` if there are several.");
  }
  revisions::Revision revision = EmptyRevision(options);
  revision.down.assign(parents.begin(), parents.end());
  if (revision.message.empty())
    revision.message = Cat("merge ", revisions::JoinList(revision.down));
  ASSIGN_OR_RETURN(std::string path,
                   WriteRevision(folder, FileName(revision), PrintRevision(revision)));
  return Report(session, path, revision.id);
}

Command::Run DefineMerge(Arguments& arguments) {
  auto options = std::make_shared<SchemaRevisionOptions>();
  arguments.List("", "REVISION", &options->revisions, "two heads or more, or heads").required =
      true;
  arguments.Option("-m,--message", "TEXT", &options->message, "what the revision is for");
  arguments.Option("--branch-label", "LABEL", &options->label, "a name for the branch it begins");
  arguments.Option("--rev-id", "ID", &options->id, "the revision's id (default: a random one)");
  AddFolderOption(arguments, &options->common);
  return [options](Session& session) { return RunMerge(session, *options); };
}

}  // namespace

Command SchemaRevisionCommand() {
  return {"revision", kSchemaGroup, "write a new revision, by hand or from the declarations",
          DefineRevision};
}

Command SchemaMergeCommand() {
  return {"merge", kSchemaGroup, "write a revision that joins several heads", DefineMerge};
}

}  // namespace stateserver::client
