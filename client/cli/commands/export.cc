// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <memory>
#include <system_error>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/file_argument.h"
#include "client/cli/commands/local_export.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "client/errors.h"
#include "client/transfer/export_run.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct ExportOptions {
  std::string file;
  std::vector<std::string> environments;
  std::string restore_point;
  bool allow_newer = false;
  bool compact = false;
  bool yes = false;
  bool local = false;
  std::string project = ".";
  std::string python;
};

pb::ExportRequest Request(Session& session, const ExportOptions& options) {
  pb::ExportRequest request;
  request.set_gateway(session.gateway());
  for (const std::string& name : options.environments) request.add_environments(name);
  request.set_restore_point_id(options.restore_point);
  request.set_allow_newer(options.allow_newer);
  return request;
}

void ShowSelection(Session& session, const ExportOptions& options) {
  std::string names;
  for (const std::string& name : options.environments) {
    names += (names.empty() ? "" : ", ") + session.console().Paint(Colour::kYellow, name);
  }
  if (!names.empty()) {
    session.talk() << (options.environments.size() > 1 ? "Environments: " : "Environment: ")
                   << names << '\n';
  }
  if (!options.restore_point.empty()) {
    session.talk() << "Restore point: " << options.restore_point << '\n';
  }
}

absl::StatusOr<ExportEnd> Export(Session& session, Client& client, const ExportOptions& options,
                                 StateFileWriter& writer) {
  ProgressBars bars(session.console(),
                    {"Exporting versions", "Exporting snapshots", "Exporting environments"});
  bars.Start();
  pb::StateCounts totals;
  ExportProgress progress;
  progress.on_header = [&](const pb::ExportHeader& header) {
    totals = header.counts();
    bars.Complete(kVersionsBar, 3);
    bars.Update(kSnapshotsBar, 0, totals.snapshots());
  };
  progress.on_records = [&](const RecordCounts& counts) {
    bars.Update(kSnapshotsBar, counts.snapshots, totals.snapshots());
    if (counts.snapshots < totals.snapshots()) return;
    bars.Complete(kSnapshotsBar, counts.snapshots);
    bars.Update(kEnvironmentsBar, counts.environments, totals.environments());
  };
  auto end = RunExport(client, Request(session, options), writer, progress);
  if (end.ok()) {
    bars.Complete(kSnapshotsBar, writer.counts().snapshots);
    bars.Complete(kEnvironmentsBar, writer.counts().environments);
  }
  return end;
}

// Returns the file's size on disk, or the size of the text if it was written to a pipe.
int64_t FileBytes(const ExportOptions& options, const StateFileWriter& writer) {
  std::error_code error;
  auto size = std::filesystem::file_size(options.file, error);
  return static_cast<int64_t>(options.file == "-" || error ? writer.text_bytes() : size);
}

std::string EndJson(const ExportOptions& options, const ExportEnd& end, int64_t bytes) {
  const pb::StateCounts& counts = end.trailer.counts();
  return JsonObject()
      .Text("file", options.file)
      .Bool("local", false)
      .Text("gateway", end.header.gateway())
      .Text("database", end.header.database())
      .Text("state_schema", end.header.state_schema())
      .Raw("versions", ToJson(end.header.versions()))
      .Number("snapshots", counts.snapshots())
      .Number("environments", counts.environments())
      .Number("intervals", counts.intervals())
      .Number("statements", counts.statements())
      .Number("auto_restatements", counts.auto_restatements())
      .Number("bytes", bytes)
      .Number("snapshot_ts", ToMilliseconds(end.header.read_time()))
      .Text("checksum", end.trailer.checksum())
      .Text("state_token", end.trailer.state_token())
      .Raw("notes", ListToJson(end.trailer, "notes"))
      .Finish();
}

void Report(Session& session, const ExportOptions& options, const ExportEnd& end, int64_t bytes) {
  if (session.json()) {
    // With `-o -` standard output contains only the file.
    if (options.file != "-") session.out() << EndJson(options, end, bytes) << '\n';
    return;
  }
  session.talk() << '\n'
                 << session.console().Paint(Colour::kGreen,
                                            Cat("State exported successfully to ",
                                                FileInWords(options.file, "standard output")))
                 << '\n';
  PrintNotes(session.console(), end.trailer.notes());
}

absl::Status RunFromServer(Session& session, const ExportOptions& options) {
  SetTalk(session, !options.yes);
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.talk() << "Exporting state to " << FileInWords(options.file, "standard output")
                 << " from the following connection:\n\n";
  RETURN_IF_ERROR(ShowConnection(session, *client).status());
  ShowSelection(session, options);
  if (!options.yes) session.talk() << '\n';
  ASSIGN_OR_RETURN(bool go, Confirmed(session, options.yes, "Continue?"));
  if (!go) return absl::OkStatus();
  WriterOptions how;
  how.compact = options.compact;
  auto writer = StateFileWriter::Open(options.file, how);
  if (!writer.ok()) return OutputError(writer.status());
  auto end = Export(session, *client, options, **writer);
  if (!end.ok()) {
    session.talk() << "\nState export failed!\n";
    return OutputError(end.status());
  }
  Report(session, options, *end, FileBytes(options, **writer));
  return absl::OkStatus();
}

absl::Status RunExport(Session& session, const ExportOptions& options) {
  if (!options.local) return RunFromServer(session, options);
  if (!options.environments.empty()) {
    return ClientError(ClientReason::CONFLICTING_FLAGS,
                       "Cannot specify both --environment and --local");
  }
  if (!options.restore_point.empty()) {
    return UsageError("export", "Cannot specify both --restore-point and --local");
  }
  return RunLocalExport(
      session, {options.file, options.project, options.python, options.compact, options.yes});
}

Command::Run DefineExport(Arguments& arguments) {
  auto options = std::make_shared<ExportOptions>();
  Argument& file =
      arguments.Option("-o,--output-file", "FILE", &options->file,
                       "the file to write; '-' is standard output, .gz and .zst are compressed");
  file.required = true;
  file.completes = Completes::kFile;
  arguments
      .List("--environment", "NAME", &options->environments,
            "only this environment and its snapshots; may be repeated")
      .completes = Completes::kEnvironment;
  arguments.Option("--restore-point", "ID", &options->restore_point,
                   "the state in this restore point instead of the present one");
  arguments.Flag("--allow-newer", &options->allow_newer,
                 "accepted for older scripts: such a state is always exported as it is stored");
  arguments.Flag("--compact", &options->compact, "write no white space into the file");
  AddConfirmFlag(arguments, &options->yes);
  arguments.Flag(
      "--local", &options->local,
      "the models of a local project, read by the sqlmesh installed here; cannot be imported");
  arguments.Option("--project", "DIR", &options->project, "the project of --local (default: .)")
      .completes = Completes::kFolder;
  arguments
      .Option("--python", "FILE", &options->python,
              "the Python that has SQLMesh, for --local (default: the one sqlmesh runs with)")
      .completes = Completes::kFile;
  return [options](Session& session) { return RunExport(session, *options); };
}

}  // namespace

Command ExportCommand() {
  return {"export", kStateGroup, "write the state to a state file", DefineExport};
}

}  // namespace stateserver::client
