// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/groups.h"
#include "client/cli/commands/read_commands.h"
#include "client/cli/output/format.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/cli/output/words.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct DiffOptions {
  std::string from;
  std::string to;
};

using Differences = google::protobuf::RepeatedPtrField<pb::SnapshotDifference>;

void AddRows(Table& table, const char* change, const Differences& differences) {
  auto side = [](const std::string& text) { return text.empty() ? "-" : text; };
  for (const pb::SnapshotDifference& it : differences) {
    table.Add({change, it.name(), KindWord(it.kind()), side(it.from_identifier()),
               side(it.to_identifier()), side(it.from_version()), side(it.to_version())});
  }
}

void Print(std::ostream& out, const pb::DiffEnvironmentsResponse& response) {
  int differences = response.added_size() + response.removed_size() + response.changed_size();
  if (differences > 0) {
    Table table(
        {{"CHANGE"}, {"NAME"}, {"KIND"}, {"FROM"}, {"TO"}, {"FROM VERSION"}, {"TO VERSION"}});
    AddRows(table, "added", response.added());
    AddRows(table, "removed", response.removed());
    AddRows(table, "changed", response.changed());
    table.Print(out);
    out << '\n';
  }
  out << response.added_size() << " added, " << response.removed_size() << " removed, "
      << response.changed_size() << " changed, " << response.unchanged() << " unchanged\n";
}

absl::Status RunDiff(Session& session, const DiffOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::DiffEnvironmentsRequest request;
  request.set_gateway(session.gateway());
  request.set_from(options.from);
  request.set_to(options.to);
  ASSIGN_OR_RETURN(auto response, client->DiffEnvironments(request));
  if (session.json()) {
    session.out() << ToJson(response) << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
}

Command::Run DefineDiff(Arguments& arguments) {
  auto options = std::make_shared<DiffOptions>();
  Argument& from = arguments.Positional("FROM", &options->from, "an environment");
  from.required = true;
  from.completes = Completes::kEnvironment;
  Argument& to = arguments.Positional("TO", &options->to, "the environment to compare with it");
  to.required = true;
  to.completes = Completes::kEnvironment;
  return [options](Session& session) { return RunDiff(session, *options); };
}

}  // namespace

Command DiffCommand() {
  return {"diff", kReadGroup, "what one environment has that another has not", DefineDiff};
}

}  // namespace stateserver::client
