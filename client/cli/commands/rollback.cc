// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/migrate.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct RollbackOptions {
  std::string operation_id;
  bool yes = false;
};

using RollbackEnd = OperationEnd<pb::RollbackResult>;

void WarnOfRollback(Session& session, const pb::GetVersionsResponse& connection) {
  session.talk() << '\n';
  session.console().Warning(Cat(
      "This destructive operation will restore the state at the '", Printable(connection.gateway()),
      "' gateway from\nthe backup tables of its last migration. Everything written since "
      "then is lost.\nA restore point of the current state is taken first."));
  session.talk() << '\n';
}

void Report(Session& session, const RollbackEnd& end) {
  if (session.json()) {
    session.out() << JsonObject().Fields(end.result).Bool("recovered", end.recovered).Finish()
                  << '\n';
    return;
  }
  std::ostream& talk = session.talk();
  talk << '\n'
       << session.console().Paint(Colour::kGreen, "Rollback completed successfully") << '\n';
  if (!end.recovered) {
    talk << '\n';
    PrintVersionChange(talk, end.result.before(), end.result.after());
  }
  for (const std::string& table : end.result.dropped_tables()) {
    talk << "Dropped, because the migration created it: " << Printable(table) << '\n';
  }
  std::string point = end.result.restore_point_id();
  if (point.empty()) point = end.result.operation().restore_point_id();
  PrintRestorePoint(talk, point);
}

absl::Status RunRollback(Session& session, const RollbackOptions& options) {
  pb::RollbackRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(*request.mutable_operation_id(), OperationId(options.operation_id, "rollback"));
  SetTalk(session, !options.yes);
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.talk() << "Rolling back the last migration of the following connection:\n\n";
  ASSIGN_OR_RETURN(auto connection, ShowConnection(session, *client));
  WarnOfRollback(session, connection);
  ASSIGN_OR_RETURN(bool go, Confirmed(session, options.yes, "Are you sure?"));
  if (!go) return absl::OkStatus();
  session.talk() << "Operation: " << request.operation_id() << '\n';
  auto end = FollowInOneBar<pb::RollbackResult>(session, *client, client->Rollback(request),
                                                {request.gateway(), request.operation_id()},
                                                "Rolling back state");
  if (!end.ok()) {
    session.talk() << "\nRollback failed!\n";
    return end.status();
  }
  Report(session, *end);
  return absl::OkStatus();
}

Command::Run DefineRollback(Arguments& arguments) {
  auto options = std::make_shared<RollbackOptions>();
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return RunRollback(session, *options); };
}

}  // namespace

Command RollbackCommand() {
  return {"rollback", kStateGroup, "restore the state from before its last migration",
          DefineRollback};
}

}  // namespace stateserver::client
