// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/groups.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/commands/schema_commands.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/revisions/folder.h"
#include "client/revisions/json_list.h"
#include "client/revisions/offline.h"

namespace stateserver::client {
namespace {

struct SchemaShowOptions {
  RevisionOptions common;
  std::string revision, as;
};

absl::Status RunSchemaShow(Session& session, const SchemaShowOptions& options) {
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

Command SchemaShowCommand() { return {"show", kSchemaGroup, "one revision", DefineSchemaShow}; }

}  // namespace stateserver::client
