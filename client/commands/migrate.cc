#include <memory>

#include "client/app/session.h"
#include "client/commands/confirm.h"
#include "client/commands/groups.h"
#include "client/commands/state_commands.h"
#include "client/commands/token.h"
#include "client/output/json.h"
#include "client/output/progress.h"
#include "client/output/table.h"
#include "client/output/words.h"
#include "client/transfer/operation_stream.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct Options {
  bool dry_run = false;
  std::string to;
  std::string if_unchanged_since;
  std::string operation_id;
  bool yes = false;
};

using End = OperationEnd<pb::MigrateResult>;

void Warn(Session& session, const pb::GetVersionsResponse& connection) {
  session.talk() << '\n';
  std::string what = connection.has_state()
                         ? Cat("migrate the state of ", VersionsText(connection.state()), " at")
                         : "create SQLMesh's state tables at";
  session.console().Warning(
      Cat("This operation will ", what, " the '", connection.gateway(), "' gateway."));
  session.talk() << '\n';
}

absl::StatusOr<End> Migrate(Session& session, Client& client, const pb::MigrateRequest& request) {
  ProgressBars bars(session.console(), {"Migrating state"});
  bars.Start();
  auto stream = client.Migrate(request);
  int64_t total = 0;
  auto end = FollowOperation<pb::MigrateResponse, pb::MigrateResult>(
      client, *stream, {request.gateway(), request.operation_id()},
      [&](const pb::MigrateProgress& progress) {
        total = progress.total();
        bars.SetStatus(Printable(progress.step()));
        bars.Update(0, progress.done(), total);
      });
  if (end.ok()) bars.Complete(0, total);
  return end;
}

void PrintVersions(std::ostream& talk, const pb::MigrateResult& result) {
  const pb::Versions& after = result.after();
  // What SQLMesh says of a database without state.
  auto or_zero = [](const std::string& version) { return version.empty() ? "0.0.0" : version; };
  talk << "State backend versions:\n"
       << "Schema version: " << result.before().schema_version() << " -> " << after.schema_version()
       << '\n'
       << "SQLGlot version: " << or_zero(result.before().sqlglot_version()) << " -> "
       << after.sqlglot_version() << '\n'
       << "SQLMesh version: " << or_zero(result.before().sqlmesh_version()) << " -> "
       << after.sqlmesh_version() << '\n';
}

void Report(Session& session, const End& end) {
  if (session.json()) {
    session.out() << JsonObject().Fields(end.result).Bool("recovered", end.recovered).Finish()
                  << '\n';
    return;
  }
  std::ostream& talk = session.talk();
  const pb::MigrateResult& result = end.result;
  std::string_view sentence = "Migration completed successfully";
  if (!end.recovered && !result.changed()) sentence = "Nothing to do: the state is up to date";
  if (result.dry_run()) sentence = "Dry run: nothing was changed";
  talk << '\n' << session.console().Paint(Colour::kGreen, sentence) << '\n';
  if (!end.recovered) {
    talk << '\n';
    PrintVersions(talk, result);
  }
  PrintNotes(session.console(), result.notes());
}

absl::Status Run(Session& session, const Options& options) {
  pb::MigrateRequest request;
  request.set_gateway(session.gateway());
  request.set_dry_run(options.dry_run);
  request.set_to(options.to);
  ASSIGN_OR_RETURN(*request.mutable_operation_id(), OperationId(options.operation_id, "migrate"));
  ASSIGN_OR_RETURN(*request.mutable_if_unchanged_since(),
                   StateToken(options.if_unchanged_since, "migrate"));
  bool ask = !options.yes && !options.dry_run;
  SetTalk(session, ask);
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.talk() << "Migrating state of the following connection:\n\n";
  ASSIGN_OR_RETURN(auto connection, ShowConnection(session, *client));
  Warn(session, connection);
  ASSIGN_OR_RETURN(bool go, Confirmed(session, !ask, "Are you sure?"));
  if (!go) return absl::OkStatus();
  session.talk() << "Operation: " << request.operation_id() << '\n';
  auto end = Migrate(session, *client, request);
  if (!end.ok()) {
    session.talk() << "\nMigration failed!\n";
    return end.status();
  }
  Report(session, *end);
  return absl::OkStatus();
}

Command::Run Define(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.Flag("--dry-run", &options->dry_run, "run everything, report, change nothing");
  arguments.Option("--to", "RELEASE", &options->to,
                   "a SQLMesh release (default: the newest known)");
  arguments
      .Option("--if-unchanged-since", "TOKEN|FILE", &options->if_unchanged_since,
              "refuse when the state is not the one of this token or state file")
      .completes = Completes::kFile;
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return Run(session, *options); };
}

}  // namespace

Command MigrateCommand() {
  return {"migrate", kStateGroup, "create the state tables, or bring them to the newest SQLMesh",
          Define};
}

}  // namespace stateserver::client
