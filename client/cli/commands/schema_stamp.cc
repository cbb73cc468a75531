// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/revisions/folder.h"
#include "client/revisions/run_call.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::client {
namespace {

struct SchemaStampOptions {
  RevisionOptions common;
  std::vector<std::string> targets;
  std::string operation_id, lock_timeout;
  bool force = false, yes = false;
};

std::string Heads(const google::protobuf::RepeatedPtrField<std::string>& heads) {
  std::string text = revisions::JoinList({heads.begin(), heads.end()});
  return text.empty() ? "base" : text;
}

absl::Status RunSchemaStamp(Session& session, const SchemaStampOptions& options) {
  ASSIGN_OR_RETURN(RevisionFolder folder, ReadRevisionFolder(options.common.folder));
  pb::StampBegin begin;
  *begin.mutable_scope() = ScopeOf(session, options.common);
  ASSIGN_OR_RETURN(*begin.mutable_operation_id(),
                   OperationId(options.operation_id, "schema stamp"));
  for (const std::string& target : options.targets) begin.add_targets(target);
  ASSIGN_OR_RETURN(*begin.mutable_version_table(), VersionTableOf(options.common, "schema stamp"));
  ASSIGN_OR_RETURN(int64_t wait,
                   MillisecondsOf(options.lock_timeout, -1, "schema stamp", "--lock-timeout"));
  begin.set_force(options.force);
  if (wait >= 0) *begin.mutable_lock_wait() = DurationOf(wait);
  SetTalk(session, !options.yes);
  WarnEdited(session.console(), folder);
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.console().Note("A stamp runs no statement: it records which revisions are applied.");
  ASSIGN_OR_RETURN(bool go, Confirmed(session, options.yes,
                                      Cat("Write that the schema is at ",
                                          revisions::JoinList(options.targets), "?")));
  if (!go) return absl::OkStatus();
  ASSIGN_OR_RETURN(pb::StampResponse response, RunStamp(*client, begin, folder.files));
  if (session.json()) {
    session.out() << ToJson(response) << '\n';
  } else {
    session.talk() << "Stamped: " << Printable(Heads(response.heads_before())) << " -> "
                   << Printable(Heads(response.heads())) << '\n';
  }
  return absl::OkStatus();
}

Command::Run DefineSchemaStamp(Arguments& arguments) {
  auto options = std::make_shared<SchemaStampOptions>();
  arguments.List("", "REVISION", &options->targets, "head, heads, base, or revisions").required =
      true;
  arguments.Option("--lock-timeout", "DURATION", &options->lock_timeout,
                   "how long to wait for another run; 0: do not wait");
  arguments.Flag("--force", &options->force,
                 "stamp even if live objects differ from what the revisions leave");
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  AddVersionTableOptions(arguments, &options->common);
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return RunSchemaStamp(session, *options); };
}

}  // namespace

Command SchemaStampCommand() {
  return {"stamp", kSchemaGroup, "record which revisions are applied, without running them",
          DefineSchemaStamp};
}

}  // namespace stateserver::client
