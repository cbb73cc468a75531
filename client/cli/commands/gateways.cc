// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/groups.h"
#include "client/cli/commands/read_commands.h"
#include "client/cli/output/format.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

std::string HostAndPort(const pb::Gateway& gateway) {
  if (gateway.host().empty()) return "-";
  return gateway.port() == 0 ? gateway.host() : Cat(gateway.host(), ":", gateway.port());
}

void Print(std::ostream& out, const pb::ListGatewaysResponse& response) {
  Table table({{"NAME"},
               {"DEFAULT"},
               {"TYPE"},
               {"HOST"},
               {"DATABASE"},
               {"SCHEMA"},
               {"USER"},
               {"WAREHOUSE"}});
  for (const pb::Gateway& it : response.gateways()) {
    table.Add({it.name(), it.is_default() ? "*" : "", it.has_state() ? it.state_type() : "-",
               HostAndPort(it), OrDash(it.database()), OrDash(it.state_schema()), OrDash(it.user()),
               OrDash(it.warehouse_type())});
  }
  table.Print(out);
}

absl::Status RunGateways(Session& session) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  ASSIGN_OR_RETURN(auto response, client->ListGateways({}));
  if (session.json()) {
    session.out() << ToJson(response) << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
}

}  // namespace

Command GatewaysCommand() {
  return {"gateways", kReadGroup, "the gateways the server serves",
          [](Arguments&) -> Command::Run { return RunGateways; }};
}

}  // namespace stateserver::client
