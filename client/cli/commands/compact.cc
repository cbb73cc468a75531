// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/migrate.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct CompactOptions {
  bool dry_run = false;
  std::string operation_id;
  bool yes = false;
};

using CompactEnd = OperationEnd<pb::CompactResult>;

void Report(Session& session, const CompactEnd& end) {
  if (session.json()) {
    session.out() << JsonObject().Fields(end.result).Bool("recovered", end.recovered).Finish()
                  << '\n';
    return;
  }
  const pb::CompactResult& result = end.result;
  std::string sentence = "Intervals compacted successfully";
  if (!end.recovered && result.versions() == 0) sentence = "Nothing to do: no row is uncompacted";
  if (result.dry_run()) sentence = "Dry run: nothing was changed";
  session.talk() << '\n' << session.console().Paint(Colour::kGreen, sentence) << '\n';
  if (end.recovered || result.versions() == 0) return;
  session.talk() << Count(result.versions(), "version") << ": "
                 << Count(result.rows_deleted(), "row") << " -> " << result.rows_inserted() << '\n';
}

absl::Status RunCompact(Session& session, const CompactOptions& options) {
  pb::CompactRequest request;
  request.set_gateway(session.gateway());
  request.set_dry_run(options.dry_run);
  ASSIGN_OR_RETURN(*request.mutable_operation_id(), OperationId(options.operation_id, "compact"));
  bool ask = !options.yes && !options.dry_run;
  SetTalk(session, ask);
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.talk() << "Compacting intervals of the following connection:\n\n";
  ASSIGN_OR_RETURN(auto connection, ShowConnection(session, *client));
  session.talk() << '\n';
  session.console().Warning(Cat("This operation will merge the interval rows at the '",
                                Printable(connection.gateway()),
                                "' gateway; the intervals they describe stay the same."));
  session.talk() << '\n';
  ASSIGN_OR_RETURN(bool go, Confirmed(session, !ask, "Are you sure?"));
  if (!go) return absl::OkStatus();
  if (!options.dry_run) session.talk() << "Operation: " << request.operation_id() << '\n';
  auto end = FollowInOneBar<pb::CompactResult>(session, *client, client->Compact(request),
                                               {request.gateway(), request.operation_id()},
                                               "Compacting intervals");
  if (!end.ok()) {
    session.talk() << "\nCompaction failed!\n";
    return end.status();
  }
  Report(session, *end);
  return absl::OkStatus();
}

Command::Run DefineCompact(Arguments& arguments) {
  auto options = std::make_shared<CompactOptions>();
  arguments.Flag("--dry-run", &options->dry_run, "count the rows and change nothing");
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return RunCompact(session, *options); };
}

}  // namespace

Command CompactCommand() {
  return {"compact", kMaintenanceGroup, "merge the interval rows, as SQLMesh's compaction does",
          DefineCompact};
}

}  // namespace stateserver::client
