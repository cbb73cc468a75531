// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/migrate.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/versions.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/transfer/outcome.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

// MigrateBars shows the progress of a migration as SQLMesh does: a bar for snapshots, then one for
// environments, each with its message.
class MigrateBars {
 public:
  explicit MigrateBars(Console& console) : console_(console) {}

  void Update(const pb::Progress& progress);
  // Completes the bars with the final counts.
  void Complete(const pb::MigrateResult& result);

 private:
  enum class Stage { kNone, kTables, kSnapshots, kEnvironments };

  // Ends the bar of the previous stage and starts that of this one.
  void Enter(Stage stage);
  void End();

  Console& console_;
  Stage stage_ = Stage::kNone;
  std::unique_ptr<ProgressBars> bars_;
  int64_t total_ = 0;
};

struct MigrateOptions {
  bool dry_run = false;
  bool keep_unsupported_fingerprints = false;
  std::string to;
  std::string if_unchanged_since;
  std::string operation_id;
  bool yes = false;
};

using MigrateEnd = OperationEnd<pb::MigrateResult>;

void WarnOfMigration(Session& session, const pb::GetVersionsResponse& connection) {
  session.talk() << '\n';
  std::string what = connection.has_state()
                         ? Cat("migrate the state of ", VersionsText(connection.state()), " at")
                         : "create SQLMesh's state tables at";
  session.console().Warning(Cat("This operation will ", Printable(what), " the '",
                                Printable(connection.gateway()), "' gateway."));
  session.talk() << '\n';
}

absl::StatusOr<MigrateEnd> Migrate(Session& session, Client& client,
                                   const pb::MigrateRequest& request) {
  MigrateBars bars(session.console());
  auto stream = client.Migrate(request);
  auto end = FollowOperation<pb::MigrateResponse, pb::MigrateResult>(
      client, *stream, {request.gateway(), request.operation_id()},
      [&](const pb::Progress& progress) { bars.Update(progress); });
  if (end.ok()) bars.Complete(end->result);
  return end;
}

std::string PythonText(const pb::RewritePython& python) {
  std::string_view because;
  switch (python.source()) {
    case pb::REWRITE_PYTHON_SOURCE_CONFIGURED:
      because = " (configured)";
      break;
    case pb::REWRITE_PYTHON_SOURCE_STATE:
      because = " (as the state shows)";
      break;
    case pb::REWRITE_PYTHON_SOURCE_WORKER:
      because = " (the release of the rewrite worker)";
      break;
    default:
      break;
  }
  return Cat("written as Python ", Printable(python.release()), " prints them", because);
}

// Prints what a dry run would do, or what a run did.
void PrintRows(std::ostream& talk, const pb::MigrateResult& result) {
  const pb::MigratedRows& rows = result.rows();
  if (result.steps_size() > 0) {
    talk << "Schema steps: " << result.steps(0).number() << " to "
         << result.steps(result.steps_size() - 1).number() << '\n';
  }
  if (result.has_rewrite_python()) {
    talk << "Python payloads: " << PythonText(result.rewrite_python()) << '\n';
  }
  if (rows.snapshots_read() == 0) return;
  talk << "Fingerprints: " << rows.fingerprints_native() << " by the server, "
       << rows.fingerprints_by_worker() << " by the worker, " << rows.fingerprints_kept()
       << " kept\n"
       << "Snapshots: " << rows.snapshots_written() << " written, " << rows.snapshots_unchanged()
       << " unchanged\n"
       << "Environments: " << rows.environments_written() << " of " << rows.environments()
       << " written\n";
}

google::protobuf::RepeatedPtrField<pb::Note> WithoutWarnings(
    const google::protobuf::RepeatedPtrField<pb::Note>& notes) {
  google::protobuf::RepeatedPtrField<pb::Note> rest;
  for (const pb::Note& note : notes) {
    if (note.kind() != pb::NOTE_KIND_MIGRATION_WARNING) *rest.Add() = note;
  }
  return rest;
}

bool IsOfLaterRelease(const pb::MigrateResult& result) {
  return std::any_of(result.notes().begin(), result.notes().end(), [](const pb::Note& note) {
    return note.kind() == pb::NOTE_KIND_LATER_RELEASE;
  });
}

void Report(Session& session, const MigrateEnd& end) {
  if (session.json()) {
    session.out() << JsonObject().Fields(end.result).Bool("recovered", end.recovered).Finish()
                  << '\n';
    return;
  }
  std::ostream& talk = session.talk();
  const pb::MigrateResult& result = end.result;
  for (const pb::Note& note : result.notes()) {
    if (note.kind() == pb::NOTE_KIND_MIGRATION_WARNING)
      session.console().Warning(Printable(note.message()));
  }
  PrintNotes(session.console(), WithoutWarnings(result.notes()));
  std::string_view sentence = "Migration completed successfully";
  if (!end.recovered && !result.changed()) {
    sentence = IsOfLaterRelease(result) ? "Nothing was changed: the state is of a later release"
                                        : "Nothing to do: the state is up to date";
  }
  if (result.dry_run()) sentence = "Dry run: nothing was changed";
  talk << '\n' << session.console().Paint(Colour::kGreen, sentence) << '\n';
  if (!end.recovered) {
    talk << '\n';
    PrintVersionChange(talk, result.before(), result.after());
    PrintRows(talk, result);
    PrintRestorePoint(talk, result.restore_point_id());
  }
}

absl::Status RunMigrate(Session& session, const MigrateOptions& options) {
  pb::MigrateRequest request;
  request.set_gateway(session.gateway());
  request.set_dry_run(options.dry_run);
  request.set_to(options.to);
  request.set_keep_unsupported_fingerprints(options.keep_unsupported_fingerprints);
  ASSIGN_OR_RETURN(*request.mutable_operation_id(), OperationId(options.operation_id, "migrate"));
  ASSIGN_OR_RETURN(*request.mutable_if_unchanged_since(),
                   StateToken(options.if_unchanged_since, "migrate"));
  bool ask = !options.yes && !options.dry_run;
  SetTalk(session, ask);
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.talk() << "Migrating state of the following connection:\n\n";
  ASSIGN_OR_RETURN(auto connection, ShowConnection(session, *client));
  WarnOfMigration(session, connection);
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

Command::Run DefineMigrate(Arguments& arguments) {
  auto options = std::make_shared<MigrateOptions>();
  arguments.Flag("--dry-run", &options->dry_run, "run everything and report, but change nothing");
  arguments.Flag("--keep-unsupported-fingerprints", &options->keep_unsupported_fingerprints,
                 "keep the hashes of snapshots for which no new ones can be computed (the next "
                 "plan may show them as changed)");
  arguments.Option("--to", "RELEASE", &options->to,
                   "a SQLMesh release (default: the newest known)");
  arguments
      .Option("--if-unchanged-since", "TOKEN|FILE", &options->if_unchanged_since,
              "refuse if the state does not match this token or state file")
      .completes = Completes::kFile;
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return RunMigrate(session, *options); };
}

void MigrateBars::Update(const pb::Progress& progress) {
  const std::string& step = progress.phase();
  if (step == "Creating the state tables") {
    Enter(Stage::kTables);
  } else if (step == "Migrating environments") {
    Enter(Stage::kEnvironments);
  } else if (step == "Reading snapshots") {
    Enter(Stage::kSnapshots);
  } else {
    // The bar does not move during other work.
    if (bars_ != nullptr) bars_->SetStatus(Printable(step));
    return;
  }
  total_ = progress.total();
  bars_->Update(0, progress.done(), total_);
}

void MigrateBars::Complete(const pb::MigrateResult& result) {
  if (stage_ == Stage::kEnvironments) total_ = result.rows().environments_written();
  End();
}

void MigrateBars::Enter(Stage stage) {
  if (stage_ == stage) return;
  End();
  stage_ = stage;
  std::string title = stage == Stage::kTables      ? "Creating state tables"
                      : stage == Stage::kSnapshots ? "Migrating snapshots"
                                                   : "Migrating environments";
  bars_ = std::make_unique<ProgressBars>(console_, std::vector<std::string>{title});
  bars_->Start();
}

void MigrateBars::End() {
  if (bars_ == nullptr) return;
  bars_->Complete(0, total_);
  bars_->Finish();
  bars_.reset();
  if (stage_ == Stage::kSnapshots) console_.talk() << "Snapshots migrated successfully\n";
  if (stage_ == Stage::kEnvironments) console_.talk() << "Environments migrated successfully\n";
}

}  // namespace

Command MigrateCommand() {
  return {"migrate", kStateGroup, "create the state tables, or migrate them to the newest SQLMesh",
          DefineMigrate};
}

}  // namespace stateserver::client
