// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/groups.h"
#include "client/cli/commands/history_commands.h"
#include "client/cli/output/format.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/cli/session.h"
#include "client/connection/pages.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

void Print(std::ostream& out, const pb::ListRestorePointsResponse& response) {
  Table table({{"ID"},
               {"TAKEN"},
               {"REASON"},
               {"SQLMESH"},
               {"SNAPSHOTS", Table::Align::kRight},
               {"ENVIRONMENTS", Table::Align::kRight},
               {"SIZE", Table::Align::kRight}});
  for (const pb::RestorePoint& it : response.restore_points()) {
    table.Add({it.id(), FormatTime(it.created_ts()), it.reason(), it.versions().sqlmesh_version(),
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
  if (session.json()) {
    session.out()
        << JsonObject().Raw("restore_points", ListToJson(response, "restore_points")).Finish()
        << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
}

}  // namespace

Command RestorePointsCommand() {
  return {"restore-points", kHistoryGroup, "the copies of the state that can be restored",
          [](Arguments&) -> Command::Run { return RunRestorePoints; }};
}

}  // namespace stateserver::client
