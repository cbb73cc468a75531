// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/groups.h"
#include "client/cli/commands/read_commands.h"
#include "client/cli/output/fields.h"
#include "client/cli/output/json.h"
#include "client/cli/output/words.h"
#include "client/cli/session.h"
#include "common/text.h"
#include "common/version.h"

namespace stateserver::client {
namespace {

void Print(std::ostream& out, const pb::GetVersionsResponse& response) {
  FieldList fields = {{"Gateway", response.gateway()},
                      {"Database", response.database()},
                      {"State schema", response.state_schema()}};
  if (response.has_state()) {
    fields.emplace_back("SQLMesh version", response.state().sqlmesh_version());
    fields.emplace_back("SQLMesh migration version", Cat(response.state().schema_version()));
    fields.emplace_back("SQLGlot version", response.state().sqlglot_version());
  } else {
    fields.emplace_back("State tables", "none; 'stateclient migrate' creates them");
  }
  fields.emplace_back("Newest known", VersionsText(response.newest()));
  fields.emplace_back("PostgreSQL version", response.postgres_version());
  fields.emplace_back("stateserver version", response.server_version());
  fields.emplace_back("stateclient version", std::string(Version()));
  PrintFields(out, fields);
}

absl::Status RunVersions(Session& session) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetVersionsRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(auto response, client->GetVersions(request));
  if (session.json()) {
    session.out() << ToJson(response) << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
}

}  // namespace

Command VersionsCommand() {
  return {"versions", kReadGroup, "versions of the state, the server and the database",
          [](Arguments&) -> Command::Run { return RunVersions; }};
}

}  // namespace stateserver::client
