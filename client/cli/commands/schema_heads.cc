// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/groups.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/commands/schema_commands.h"
#include "client/cli/output/json.h"
#include "client/revisions/folder.h"
#include "client/revisions/json_list.h"
#include "client/revisions/status_view.h"

namespace stateserver::client {
namespace {

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

}  // namespace

Command SchemaHeadsCommand() {
  return {"heads", kSchemaGroup, "the newest revisions of the files", DefineSchemaHeads};
}

}  // namespace stateserver::client
