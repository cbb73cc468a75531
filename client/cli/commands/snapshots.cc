// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/show.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/connection/calls.h"
#include "common/json/restyler.h"

namespace stateserver::client {

namespace {

struct SnapshotsOptions {
  std::string environment;
  std::string name_glob;
};

void Print(std::ostream& out, const pb::ListSnapshotsResponse& response) {
  Table table({{"NAME"},
               {"IDENTIFIER"},
               {"VERSION"},
               {"KIND"},
               {"UPDATED"},
               {"UNPAUSED"},
               {"TTL"},
               {"FLAGS"}});
  for (const pb::SnapshotSummary& it : response.snapshots()) {
    std::string flags = it.forward_only() ? "forward-only" : "";
    if (it.unrestorable()) flags += flags.empty() ? "unrestorable" : ", unrestorable";
    table.Add({it.name(), it.identifier(), it.version(), KindWord(it.kind()),
               FormatTime(it.updated_ts()), FormatTime(it.unpaused_ts()), FormatSpan(it.ttl_ms()),
               flags});
  }
  table.Print(out);
}

absl::Status RunSnapshots(Session& session, const SnapshotsOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::ListSnapshotsRequest request;
  request.set_gateway(session.gateway());
  request.set_environment(options.environment);
  request.set_name_glob(options.name_glob);
  ASSIGN_OR_RETURN(auto response,
                   AllPages<pb::ListSnapshotsResponse>(
                       request, [&](const auto& page) { return client->ListSnapshots(page); }));
  NoteStoredName(session, options.environment, response.environment());
  ShowNotes(session, response.notes());
  std::string json = JsonObject()
                         .Raw("snapshots", ListToJson(response, "snapshots"))
                         .Text("environment", response.environment())
                         .Raw("notes", ListToJson(response, "notes"))
                         .Finish();
  return Show(session, json, [&](std::ostream& out) { Print(out, response); });
}

Command::Run DefineSnapshots(Arguments& arguments) {
  auto options = std::make_shared<SnapshotsOptions>();
  arguments.Option("--environment", "NAME", &options->environment, "only the snapshots it uses")
      .completes = Completes::kEnvironment;
  arguments.Option("--name", "GLOB", &options->name_glob,
                   "only names like this, for example '*.orders'; quotes may be left out");
  return [options](Session& session) { return RunSnapshots(session, *options); };
}

struct SnapshotOptions {
  std::string name;
  std::string identifier;
};

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void Print(std::ostream& out, const pb::GetSnapshotResponse& response) {
  const pb::SnapshotSummary& it = response.summary();
  PrintFields(out, {{"Name", it.name()},
                    {"Identifier", it.identifier()},
                    {"Version", it.version()},
                    {"Kind", KindWord(it.kind())},
                    {"Updated", FormatTime(it.updated_ts())},
                    {"Unpaused", FormatTime(it.unpaused_ts())},
                    {"Kept for", FormatSpan(it.ttl_ms())},
                    {"Forward only", YesNo(it.forward_only())},
                    {"Unrestorable", YesNo(it.unrestorable())},
                    {"Environments", Joined(response.environments())},
                    {"Other identifiers", Joined(response.others())}});
  // ASCII output shows every character of a name unambiguously on a terminal.
  json::Style style{json::Layout::kIndented, json::Charset::kAscii};
  out << '\n' << json::Restyle(response.json(), style) << '\n';
}

absl::Status RunSnapshot(Session& session, const SnapshotOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetSnapshotRequest request;
  request.set_gateway(session.gateway());
  request.set_name(options.name);
  request.set_identifier(options.identifier);
  ASSIGN_OR_RETURN(auto response, client->GetSnapshot(request));
  ShowNotes(session, response.notes());
  return Show(session, ToJson(response), [&](std::ostream& out) { Print(out, response); });
}

Command::Run DefineSnapshot(Arguments& arguments) {
  auto options = std::make_shared<SnapshotOptions>();
  arguments.Positional("NAME", &options->name, "the model's name, with or without quotes")
      .required = true;
  arguments.Positional("ID", &options->identifier,
                       "the identifier; without it the newest snapshot of that name");
  return [options](Session& session) { return RunSnapshot(session, *options); };
}

}  // namespace

Command SnapshotsCommand() {
  return {"snapshots", kReadGroup, "the snapshots of the state", DefineSnapshots};
}

Command SnapshotCommand() {
  return {"snapshot", kReadGroup, "one snapshot, in the form of an export", DefineSnapshot};
}

}  // namespace stateserver::client
