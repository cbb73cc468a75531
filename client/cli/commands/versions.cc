// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/versions.h"

#include "absl/strings/str_join.h"
#include "client/cli/commands/commands.h"
#include "client/cli/commands/file_argument.h"
#include "client/cli/commands/show.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/errors.h"
#include "client/statefile/reader.h"
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
  ShowNotes(session, response.notes());
  return Show(session, ToJson(response), [&](std::ostream& out) { Print(out, response); });
}

// An embedded cluster has a folder and no addresses.
std::string HostAndPort(const pb::Gateway& gateway) {
  if (gateway.addresses_size() > 0) return absl::StrJoin(gateway.addresses(), ",");
  if (gateway.host().empty()) return "-";
  return gateway.port() == 0 ? gateway.host() : Cat(gateway.host(), ":", gateway.port());
}

std::string StateTypeText(const pb::Gateway& gateway) {
  if (gateway.state_type() != pb::STATE_TYPE_UNSPECIFIED) return EnumWord(gateway.state_type());
  if (gateway.unserved_state_type().empty()) return "-";
  return Cat(gateway.unserved_state_type(), " (not served)");
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
    table.Add({it.name(), it.is_default() ? "*" : "", StateTypeText(it), HostAndPort(it),
               OrDash(it.database()), OrDash(it.state_schema()), OrDash(it.user()),
               it.warehouse_type() == pb::WAREHOUSE_TYPE_UNSPECIFIED
                   ? "-"
                   : EnumWord(it.warehouse_type())});
  }
  table.Print(out);
}

absl::Status RunGateways(Session& session) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  ASSIGN_OR_RETURN(auto response, client->ListGateways({}));
  return Show(session, ToJson(response), [&](std::ostream& out) { Print(out, response); });
}

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
  ShowNotes(session, response.notes());
  return Show(session, ToJson(response), [&](std::ostream& out) { Print(out, response); });
}

}  // namespace

Command VersionsCommand() {
  return {"versions", kReadGroup, "versions of the state, the server and the database",
          [](Arguments&) -> Command::Run { return RunVersions; }};
}

absl::StatusOr<std::string> StateToken(const std::string& value, std::string_view command) {
  if (value.empty() || IsToken(value)) return value;
  RETURN_IF_ERROR(CheckInputFile(value, "'--if-unchanged-since'", command));
  ReaderOptions options;
  options.must_import = false;
  ASSIGN_OR_RETURN(auto reader, StateFileReader::Open(value, options));
  const std::string& token = reader->header().token;
  if (!token.empty()) return token;
  return ClientError(
      ClientReason::SETTINGS_INVALID, Cat("The state file '", value, "' has no state token."),
      "Use a file that stateclient exported, or pass the token itself: 64 hexadecimal digits.");
}

Command GatewaysCommand() {
  return {"gateways", kReadGroup, "the gateways the server serves",
          [](Arguments&) -> Command::Run { return RunGateways; }};
}

Command StatsCommand() {
  return {"stats", kReadGroup, "counts and sizes of the state tables",
          [](Arguments&) -> Command::Run { return RunStats; }};
}

}  // namespace stateserver::client
