// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/migrate.h"
#include "client/cli/commands/show.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/connection/calls.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

struct RestoreOptions {
  std::string id;
  std::string operation_id;
  bool yes = false;
};

using RestoreEnd = OperationEnd<pb::RestoreResult>;

// Returns the restore point with that id, for the warning.
absl::StatusOr<pb::RestorePoint> Find(Session& session, Client& client, const std::string& id) {
  pb::ListRestorePointsRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(auto response, AllPages<pb::ListRestorePointsResponse>(
                                      request, [&](const pb::ListRestorePointsRequest& page) {
                                        return client.ListRestorePoints(page);
                                      }));
  for (const pb::RestorePoint& point : response.restore_points()) {
    if (point.id() == id) return point;
  }
  return Error(Reason::RESTORE_POINT_NOT_FOUND, Cat("No restore point with the id '", id, "'."));
}

void Warn(Session& session, const pb::GetVersionsResponse& connection,
          const pb::RestorePoint& point) {
  session.talk() << '\n';
  session.console().Warning(Cat(
      "This destructive operation will delete all existing state against the '",
      Printable(connection.gateway()), "' gateway\nand bring back the state of ",
      FormatTime(point.created_time()), " UTC (", Printable(point.reason()),
      "): ", Count(point.snapshots(), "snapshot"), ", ", Count(point.environments(), "environment"),
      ".\nA restore point of the present state is taken first."));
  session.talk() << '\n';
}

absl::StatusOr<RestoreEnd> Restore(Session& session, Client& client, const RestoreOptions& options,
                                   const std::string& operation_id) {
  pb::RestoreRequest request;
  request.set_gateway(session.gateway());
  request.set_id(options.id);
  request.set_operation_id(operation_id);
  return FollowInOneBar<pb::RestoreResult>(session, client, client.Restore(request),
                                           {session.gateway(), operation_id}, "Restoring state");
}

void Report(Session& session, const RestoreOptions& options, const RestoreEnd& end) {
  if (session.json()) {
    session.out() << JsonObject().Fields(end.result).Bool("recovered", end.recovered).Finish()
                  << '\n';
    return;
  }
  std::ostream& talk = session.talk();
  talk << '\n'
       << session.console().Paint(
              Colour::kGreen,
              Cat("State restored successfully from restore point '", options.id, "'"))
       << '\n';
  std::string before = end.result.restore_point_id();
  if (before.empty()) before = end.result.operation().restore_point_id();
  PrintRestorePoint(talk, before);
}

absl::Status RunRestore(Session& session, const RestoreOptions& options) {
  ASSIGN_OR_RETURN(std::string operation_id, OperationId(options.operation_id, "restore"));
  SetTalk(session, !options.yes);
  ASSIGN_OR_RETURN(Client * client, session.client());
  ASSIGN_OR_RETURN(auto point, Find(session, *client, options.id));
  session.talk() << "Restoring state from restore point '" << options.id
                 << "' into the following connection:\n\n";
  ASSIGN_OR_RETURN(auto connection, ShowConnection(session, *client));
  Warn(session, connection, point);
  ASSIGN_OR_RETURN(bool go, Confirmed(session, options.yes, "Are you sure?"));
  if (!go) return absl::OkStatus();
  session.talk() << "Operation: " << operation_id << '\n';
  auto end = Restore(session, *client, options, operation_id);
  if (!end.ok()) {
    session.talk() << "\nState restore failed!\n";
    return end.status();
  }
  Report(session, options, *end);
  return absl::OkStatus();
}

Command::Run DefineRestore(Arguments& arguments) {
  auto options = std::make_shared<RestoreOptions>();
  arguments.Positional("ID", &options->id, "the restore point").required = true;
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return RunRestore(session, *options); };
}

void Print(std::ostream& out, const pb::ListRestorePointsResponse& response) {
  Table table({{"ID"},
               {"TAKEN"},
               {"REASON"},
               {"SQLMESH"},
               {"SNAPSHOTS", Table::Align::kRight},
               {"ENVIRONMENTS", Table::Align::kRight},
               {"SIZE", Table::Align::kRight}});
  for (const pb::RestorePoint& it : response.restore_points()) {
    table.Add({it.id(), FormatTime(it.created_time()), it.reason(), it.versions().sqlmesh_version(),
               Cat(it.snapshots()), Cat(it.environments()), FormatBytes(it.stored_bytes())});
  }
  table.Print(out);
}

absl::Status RunRestorePoints(Session& session) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::ListRestorePointsRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(auto response, AllPages<pb::ListRestorePointsResponse>(
                                      request, [&](const pb::ListRestorePointsRequest& page) {
                                        return client->ListRestorePoints(page);
                                      }));
  return ShowList(session, response, "restore_points",
                  [&](std::ostream& out) { Print(out, response); });
}

}  // namespace

Command RestoreCommand() {
  return {"restore", kHistoryGroup, "restore the state from a restore point", DefineRestore};
}

Command RestorePointsCommand() {
  return {"restore-points", kHistoryGroup, "the copies of the state that can be restored",
          [](Arguments&) -> Command::Run { return RunRestorePoints; }};
}

}  // namespace stateserver::client
