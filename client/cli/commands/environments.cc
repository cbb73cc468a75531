// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/groups.h"
#include "client/cli/commands/read_commands.h"
#include "client/cli/output/format.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/cli/output/words.h"
#include "client/cli/session.h"
#include "client/connection/pages.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

std::string Expiry(const pb::EnvironmentSummary& it) {
  if (!it.has_expiration_ts()) return "never";
  return FormatTime(it.expiration_ts()) + (it.expired() ? " (expired)" : "");
}

void Print(std::ostream& out, const pb::ListEnvironmentsResponse& response) {
  Table table({{"NAME"},
               {"SNAPSHOTS", Table::Align::kRight},
               {"START"},
               {"END"},
               {"FINALIZED"},
               {"EXPIRES"},
               {"SUFFIX"},
               {"PLAN"}});
  for (const pb::EnvironmentSummary& it : response.environments()) {
    table.Add({it.name(), Cat(it.snapshots()), TimeLike(it.start_at()),
               it.end_at().empty() ? "-" : TimeLike(it.end_at()), FormatTime(it.finalized_ts()),
               Expiry(it), it.suffix_target(), it.plan_id()});
  }
  table.Print(out);
}

absl::Status RunEnvironments(Session& session) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::ListEnvironmentsRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(auto response, AllPages<pb::ListEnvironmentsResponse>(
                                      request, [&](const pb::ListEnvironmentsRequest& page) {
                                        return client->ListEnvironments(page);
                                      }));
  if (session.json()) {
    session.out() << JsonObject().Raw("environments", ListToJson(response, "environments")).Finish()
                  << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
}

}  // namespace

Command EnvironmentsCommand() {
  return {"environments", kReadGroup, "the environments of the state",
          [](Arguments&) -> Command::Run { return RunEnvironments; }};
}

}  // namespace stateserver::client
