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

constexpr int kPageSize = 1000;

struct SnapshotsOptions {
  std::string environment;
  std::string name_glob;
};

// All pages as one response.
absl::StatusOr<pb::ListSnapshotsResponse> ListAll(Client& client,
                                                  pb::ListSnapshotsRequest request) {
  pb::ListSnapshotsResponse all;
  request.set_page_size(kPageSize);
  while (true) {
    ASSIGN_OR_RETURN(auto page, client.ListSnapshots(request));
    for (pb::SnapshotSummary& snapshot : *page.mutable_snapshots()) {
      *all.add_snapshots() = std::move(snapshot);
    }
    if (page.next_page_token().empty()) return all;
    request.set_page_token(page.next_page_token());
  }
}

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
  ASSIGN_OR_RETURN(auto response, ListAll(*client, request));
  if (session.json()) {
    std::string list = ListToJson(response, "snapshots");
    session.out() << JsonObject().Raw("snapshots", list).Finish() << '\n';
  } else {
    Print(session.out(), response);
  }
  return absl::OkStatus();
}

Command::Run DefineSnapshots(Arguments& arguments) {
  auto options = std::make_shared<SnapshotsOptions>();
  arguments.Option("--environment", "NAME", &options->environment, "only those it uses").completes =
      Completes::kEnvironment;
  arguments.Option("--name", "GLOB", &options->name_glob,
                   "only names like this, for example '*.orders'; quotes may be left out");
  return [options](Session& session) { return RunSnapshots(session, *options); };
}

}  // namespace

Command SnapshotsCommand() {
  return {"snapshots", kReadGroup, "the snapshots of the state", DefineSnapshots};
}

}  // namespace stateserver::client
