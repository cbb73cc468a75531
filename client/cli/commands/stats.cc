// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/groups.h"
#include "client/cli/commands/read_commands.h"
#include "client/cli/output/fields.h"
#include "client/cli/output/format.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/cli/output/words.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

void Print(std::ostream& out, const pb::GetStatsResponse& response) {
  PrintFields(out, {{"Versions", VersionsText(response.versions())},
                    {"Snapshots", Cat(response.snapshots())},
                    {"Unused snapshots", Cat(response.unused_snapshots())},
                    {"Environments", Cat(response.environments())},
                    {"Expired environments", Cat(response.expired_environments())},
                    {"Interval rows", Cat(response.interval_rows())},
                    {"Size", FormatBytes(response.bytes())}});
  out << '\n';
  Table tables({{"TABLE"}, {"ROWS", Table::Align::kRight}, {"SIZE", Table::Align::kRight}});
  for (const auto& it : response.tables()) {
    tables.Add({it.name(), Cat(it.rows()), FormatBytes(it.bytes())});
  }
  tables.Print(out);
  out << '\n';
  Table kinds({{"KIND"}, {"SNAPSHOTS", Table::Align::kRight}});
  for (const auto& it : response.kinds()) kinds.Add({KindWord(it.kind()), Cat(it.snapshots())});
  kinds.Print(out);
}

absl::Status RunStats(Session& session) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetStatsRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(auto response, client->GetStats(request));
  if (session.json()) {
    session.out() << ToJson(response) << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
}

}  // namespace

Command StatsCommand() {
  return {"stats", kReadGroup, "counts and sizes of the state tables",
          [](Arguments&) -> Command::Run { return RunStats; }};
}

}  // namespace stateserver::client
