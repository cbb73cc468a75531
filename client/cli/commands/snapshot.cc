// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/groups.h"
#include "client/cli/commands/read_commands.h"
#include "client/cli/output/fields.h"
#include "client/cli/output/format.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/cli/output/words.h"
#include "client/cli/session.h"
#include "common/json/restyler.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

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
  // ASCII: whatever characters the names hold, a terminal shows them as they are.
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
  if (session.json()) {
    session.out() << ToJson(response) << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
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

Command SnapshotCommand() {
  return {"snapshot", kReadGroup, "one snapshot, as an export holds it", DefineSnapshot};
}

}  // namespace stateserver::client
