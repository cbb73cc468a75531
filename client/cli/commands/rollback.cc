// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/migrate.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

// The number of names in a line.
constexpr int kNamesShown = 10;

struct RollbackOptions {
  std::string operation_id;
  bool dry_run = false;
  bool yes = false;
};

using RollbackEnd = OperationEnd<pb::RollbackResult>;
using Names = google::protobuf::RepeatedPtrField<std::string>;

// Returns what a rollback would do, from a dry run of `request`.
absl::StatusOr<pb::RollbackResult> Preview(Client& client, pb::RollbackRequest request) {
  request.set_dry_run(true);
  auto stream = client.Rollback(request);
  std::optional<pb::RollbackResult> result;
  pb::RollbackResponse response;
  while (stream->Read(&response)) {
    if (response.has_result()) result = response.result();
  }
  RETURN_IF_ERROR(stream->Finish());
  if (result.has_value()) return *std::move(result);
  return ClientError(ClientReason::STREAM_INCOMPLETE, "The answer ended without a result.");
}

void WarnOfRollback(Session& session, const pb::GetVersionsResponse& connection) {
  session.talk() << '\n';
  session.console().Warning(Cat(
      "This destructive operation will restore the state at the '", Printable(connection.gateway()),
      "' gateway from\nbefore its last migration. Everything written since then is lost.\n"
      "A restore point of the current state is taken first."));
  session.talk() << '\n';
}

// Returns "2 environments: a, b".
std::string Counted(int64_t count, const std::string& noun, const Names& names) {
  std::string text = Count(count, noun);
  int shown = std::min(names.size(), kNamesShown);
  for (int i = 0; i < shown; ++i) AppendTo(&text, i == 0 ? ": " : ", ", Printable(names[i]));
  // Several snapshots may have one name, so the number of other names is unknown.
  if (shown > 0 && names.size() > shown) text += ", …";
  return text;
}

// Prints where a rollback goes back to and what is lost.
void PrintTarget(std::ostream& talk, const pb::RollbackResult& result) {
  PrintVersionChange(talk, result.before(), result.after());
  if (result.source_restore_point_id().empty()) {
    talk << "Restored from: the backup tables of the last migration, last written "
         << FormatTime(result.target_time()) << " UTC\n";
  } else {
    talk << "Restored from: restore point " << Printable(result.source_restore_point_id())
         << " of the last migration, " << FormatTime(result.target_time()) << " UTC\n";
  }
  const pb::RollbackLosses& losses = result.losses();
  if (losses.environments() > 0) {
    talk << "Lost: " << Counted(losses.environments(), "environment", losses.environment_names())
         << '\n';
  }
  if (losses.reverted_environments() > 0) {
    talk << "Back to an earlier plan: "
         << Counted(losses.reverted_environments(), "environment",
                    losses.reverted_environment_names())
         << '\n';
  }
  if (losses.snapshots() > 0) {
    talk << "Lost: " << Counted(losses.snapshots(), "snapshot", losses.snapshot_names()) << '\n';
  }
  if (losses.environments() + losses.reverted_environments() + losses.snapshots() == 0) {
    talk << "Lost: no environment and no snapshot\n";
  }
}

void Report(Session& session, const RollbackEnd& end) {
  if (session.json()) {
    session.out() << JsonObject().Fields(end.result).Bool("recovered", end.recovered).Finish()
                  << '\n';
    return;
  }
  std::ostream& talk = session.talk();
  std::string_view sentence =
      end.result.dry_run() ? "Dry run: nothing was changed" : "Rollback completed successfully";
  talk << '\n' << session.console().Paint(Colour::kGreen, sentence) << '\n';
  if (!end.recovered) {
    talk << '\n';
    PrintTarget(talk, end.result);
  }
  for (const std::string& table : end.result.dropped_tables()) {
    talk << "Dropped, because the migration created it: " << Printable(table) << '\n';
  }
  std::string point = end.result.restore_point_id();
  if (point.empty()) point = end.result.operation().restore_point_id();
  PrintRestorePoint(talk, point);
}

absl::Status RunDryRun(Session& session, Client& client, const pb::RollbackRequest& request) {
  ASSIGN_OR_RETURN(pb::RollbackResult result, Preview(client, request));
  Report(session, {std::move(result), /*recovered=*/false});
  return absl::OkStatus();
}

// Asks, unless `yes` is set, and makes `request` go where the answer was given for.
absl::StatusOr<bool> Confirm(Session& session, Client& client, bool yes,
                             const pb::GetVersionsResponse& connection,
                             pb::RollbackRequest* request) {
  if (!yes) {
    ASSIGN_OR_RETURN(pb::RollbackResult preview, Preview(client, *request));
    session.talk() << '\n';
    PrintTarget(session.talk(), preview);
    *request->mutable_if_after() = preview.after();
  }
  WarnOfRollback(session, connection);
  return Confirmed(session, yes, "Are you sure?");
}

absl::Status RunRollback(Session& session, const RollbackOptions& options) {
  pb::RollbackRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(*request.mutable_operation_id(), OperationId(options.operation_id, "rollback"));
  SetTalk(session, !options.yes && !options.dry_run);
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.talk() << "Rolling back the last migration of the following connection:\n\n";
  ASSIGN_OR_RETURN(auto connection, ShowConnection(session, *client));
  if (options.dry_run) return RunDryRun(session, *client, request);
  ASSIGN_OR_RETURN(bool go, Confirm(session, *client, options.yes, connection, &request));
  if (!go) return absl::OkStatus();
  session.talk() << "Operation: " << request.operation_id() << '\n';
  auto end = FollowInOneBar<pb::RollbackResult>(session, *client, client->Rollback(request),
                                                {request.gateway(), request.operation_id()},
                                                "Rolling back state");
  if (!end.ok()) {
    session.talk() << "\nRollback failed!\n";
    return end.status();
  }
  Report(session, *end);
  return absl::OkStatus();
}

Command::Run DefineRollback(Arguments& arguments) {
  auto options = std::make_shared<RollbackOptions>();
  arguments.Flag("--dry-run", &options->dry_run,
                 "show where it goes back to and what is lost, but change nothing");
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return RunRollback(session, *options); };
}

}  // namespace

Command RollbackCommand() {
  return {"rollback", kStateGroup, "restore the state from before its last migration",
          DefineRollback};
}

}  // namespace stateserver::client
