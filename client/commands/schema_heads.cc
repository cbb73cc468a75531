#include <memory>

#include "client/commands/groups.h"
#include "client/commands/revision_options.h"
#include "client/commands/schema_commands.h"
#include "client/output/json.h"
#include "client/revisions/folder.h"
#include "client/revisions/json_list.h"
#include "client/revisions/status_view.h"

namespace stateserver::client {
namespace {

struct Options {
  RevisionOptions common;
};

absl::Status Run(Session& session, const Options& options) {
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

Command::Run Define(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  return [options](Session& session) { return Run(session, *options); };
}

}  // namespace

Command SchemaHeadsCommand() {
  return {"heads", kSchemaGroup, "the newest revisions of the files", Define};
}

}  // namespace stateserver::client
