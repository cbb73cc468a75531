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
#include "common/text.h"

namespace stateserver::client {
namespace {

struct EnvironmentOptions {
  std::string name;
};

void Print(std::ostream& out, const pb::GetEnvironmentResponse& response) {
  const pb::EnvironmentSummary& it = response.summary();
  bool all = response.promoted() == it.snapshots();
  std::string expires = it.has_expiration_ts() ? FormatTime(it.expiration_ts()) : "never";
  PrintFields(out, {{"Name", it.name()},
                    {"Start", TimeLike(it.start_at())},
                    {"End", TimeLike(it.end_at())},
                    {"Plan", it.plan_id()},
                    {"Previous plan", response.previous_plan_id()},
                    {"Finalized", FormatTime(it.finalized_ts())},
                    {"Expires", expires + (it.expired() ? " (expired)" : "")},
                    {"Suffix target", it.suffix_target()},
                    {"Catalog override", response.catalog_name_override()},
                    {"Normalize name", YesNo(response.normalize_name())},
                    {"Gateway managed", YesNo(response.gateway_managed())},
                    {"Snapshots", Cat(it.snapshots())},
                    {"Promoted", all ? "all" : Cat(response.promoted())}});
  out << '\n';
  Table table({{"SNAPSHOT"}, {"IDENTIFIER"}, {"VERSION"}, {"KIND"}, {"STATE"}});
  for (const pb::SnapshotReference& reference : response.snapshots()) {
    table.Add({reference.name(), reference.identifier(), reference.version(),
               KindWord(reference.kind()), reference.exists() ? "" : "missing"});
  }
  table.Print(out);
}

absl::Status RunEnvironment(Session& session, const EnvironmentOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetEnvironmentRequest request;
  request.set_gateway(session.gateway());
  request.set_name(options.name);
  ASSIGN_OR_RETURN(auto response, client->GetEnvironment(request));
  if (session.json()) {
    session.out() << ToJson(response) << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
}

Command::Run DefineEnvironment(Arguments& arguments) {
  auto options = std::make_shared<EnvironmentOptions>();
  Argument& name = arguments.Positional("NAME", &options->name, "the environment");
  name.required = true;
  name.completes = Completes::kEnvironment;
  return [options](Session& session) { return RunEnvironment(session, *options); };
}

}  // namespace

Command EnvironmentCommand() {
  return {"environment", kReadGroup, "one environment and the snapshots it uses",
          DefineEnvironment};
}

}  // namespace stateserver::client
