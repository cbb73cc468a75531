// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/groups.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/commands/schema_commands.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/revisions/folder.h"
#include "client/revisions/status_view.h"
#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::client {
namespace {

struct SchemaCurrentOptions {
  RevisionOptions common;
};

absl::Status RunSchemaCurrent(Session& session, const SchemaCurrentOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetStatusRequest request;
  *request.mutable_scope() = ScopeOf(session, options.common);
  request.set_live(true);
  auto asked = client->GetStatus(request);
  bool away = ReasonOf(asked.status()) == Reason::WAREHOUSE_UNREACHABLE;
  if (away) {
    // The journal knows without the engine.
    session.console().Warning(Cat("The warehouse does not answer: ", MessageOf(asked.status())));
    request.set_live(false);
    asked = client->GetStatus(request);
  }
  RETURN_IF_ERROR(asked.status());
  const pb::GetStatusResponse& status = *asked;
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

Command::Run DefineSchemaCurrent(Arguments& arguments) {
  auto options = std::make_shared<SchemaCurrentOptions>();
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  return [options](Session& session) { return RunSchemaCurrent(session, *options); };
}

}  // namespace

Command SchemaCurrentCommand() {
  return {"current", kSchemaGroup, "which revision the live schema is at", DefineSchemaCurrent};
}

}  // namespace stateserver::client
