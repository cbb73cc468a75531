// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <ostream>
#include <string>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/file_argument.h"
#include "client/cli/commands/versions.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "client/statefile/format.h"
#include "client/statefile/reader.h"
#include "client/transfer/import_run.h"
#include "client/transfer/outcome.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

using ImportEnd = OperationEnd<pb::ImportResult>;

struct ImportOptions {
  std::string file;
  bool replace = false;
  std::string if_unchanged_since;
  bool drop_dangling = false;
  bool dry_run = false;
  std::string operation_id;
  bool yes = false;
};

void Warn(Session& session, const ImportOptions& options, const std::string& gateway) {
  session.talk() << '\n';
  if (options.replace) {
    // SQLMesh prints this space before the first line break too.
    session.console().Warning(
        Cat("This destructive operation will delete all existing state against the '", gateway,
            "' gateway \nand replace it with what's in the ",
            FileInWords(options.file, "standard input"), " file."));
  } else {
    session.console().Warning(
        Cat("This operation will merge the contents of the state file to the state located at "
            "the '",
            gateway,
            "' gateway.\nMatching snapshots or environments will be replaced.\nNon-matching "
            "snapshots or environments will be ignored."));
  }
  session.talk() << '\n';
}

std::string PhaseWords(const std::string& phase) {
  if (phase == "snapshots" || phase == "environments") return "Checking and staging records";
  if (phase == "lock") return "Waiting for the gateway's lock";
  if (phase == "restore_point") return "Taking a restore point";
  if (phase == "merge") return "Writing the state tables";
  return phase == "commit" ? "Committing" : Printable(phase);
}

absl::StatusOr<pb::ImportBegin> Begin(Session& session, const ImportOptions& options) {
  pb::ImportBegin begin;
  begin.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(*begin.mutable_operation_id(), OperationId(options.operation_id, "import"));
  begin.set_mode(options.replace ? pb::IMPORT_MODE_REPLACE : pb::IMPORT_MODE_MERGE);
  begin.set_dry_run(options.dry_run);
  begin.set_drop_dangling(options.drop_dangling);
  ASSIGN_OR_RETURN(*begin.mutable_if_unchanged_since(),
                   StateToken(options.if_unchanged_since, "import"));
  return begin;
}

absl::Status Failed(Session& session, const absl::Status& status) {
  session.talk() << "\nState import failed!\n";
  return status;
}

// Prints the file's header as a tree, in SQLMesh's five lines.
void PrintFileInformation(std::ostream& out, const StateFileHeader& header) {
  PrintTree(out, "State File Information",
            {Cat("Creation Timestamp: ", Printable(header.timestamp)),
             Cat("File Version: ", header.file_version),
             Cat("SQLMesh version: ", Printable(header.versions.sqlmesh_version)),
             Cat("SQLMesh migration version: ", header.versions.schema_version),
             Cat("SQLGlot version: ", Printable(header.versions.sqlglot_version))});
  // rich turns the line break at the end of SQLMesh's tree into these four spaces.
  out << "    \n";
}

void AddRow(Table& table, const char* name, const pb::TableChanges& changes) {
  table.Add({name, Cat(changes.inserted()), Cat(changes.replaced()), Cat(changes.left_alone()),
             Cat(changes.deleted())});
}

void PrintChanges(std::ostream& out, const pb::ImportResult& result) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"TABLE"},
               {"INSERTED", kRight},
               {"REPLACED", kRight},
               {"LEFT ALONE", kRight},
               {"DELETED", kRight}});
  AddRow(table, "snapshots", result.snapshots());
  AddRow(table, "environments", result.environments());
  AddRow(table, "auto restatements", result.auto_restatements());
  AddRow(table, "environment statements", result.statements());
  pb::TableChanges intervals;
  intervals.set_inserted(result.interval_rows_inserted());
  AddRow(table, "intervals", intervals);
  table.Print(out);
  if (result.intervals_already_covered() > 0) {
    out << Count(result.intervals_already_covered(), "interval")
        << " of the file already covered\n";
  }
}

void PrintAfter(Session& session, const ImportEnd& end) {
  std::string point = end.result.restore_point_id();
  if (point.empty()) point = end.result.operation().restore_point_id();
  if (!point.empty()) {
    session.talk() << "The previous state is restore point " << Printable(point)
                   << ": stateclient restore " << Printable(point) << '\n';
  }
  PrintNotes(session.console(), end.result.notes());
  if (end.recovered) {
    session.console().Note(
        "The connection was lost at the end; the server's record says that the import succeeded.");
  }
}

// Reports a success: JSON on standard output, or SQLMesh's message, the counts, the restore point
// and notes. The table of a dry run is data and goes to standard output.
void ReportImport(Session& session, const std::string& file, const ImportEnd& end) {
  if (session.json()) {
    session.out() << JsonObject()
                         .Text("input_file", file)
                         .Fields(end.result)
                         .Bool("recovered", end.recovered)
                         .Finish()
                  << '\n';
    return;
  }
  std::ostream& talk = session.talk();
  talk << '\n';
  if (end.result.dry_run()) {
    talk << "Dry run: nothing was changed. The import would do this:\n" << std::flush;
    PrintChanges(session.out(), end.result);
  } else {
    talk << session.console().Paint(Colour::kGreen, Cat("State imported successfully from ",
                                                        FileInWords(file, "standard input")))
         << '\n';
    if (!end.recovered) PrintChanges(talk, end.result);
  }
  PrintAfter(session, end);
}

absl::StatusOr<ImportEnd> Import(Session& session, Client& client, pb::ImportBegin begin,
                                 std::unique_ptr<StateFileReader> reader) {
  ProgressBars bars(session.console(),
                    {"Importing versions", "Importing snapshots", "Importing environments"});
  bars.Start();
  RecordCounts staged;
  auto on_progress = [&](const pb::Progress& progress) {
    bars.Complete(kVersionsBar, 3);
    bars.SetStatus(PhaseWords(progress.phase()));
    if (progress.phase() == "snapshots") {
      staged.snapshots = progress.done();
      bars.Update(kSnapshotsBar, staged.snapshots, staged.snapshots);
    }
    if (progress.phase() == "environments" && progress.done() > 0) {
      staged.environments = progress.done();
      bars.Update(kEnvironmentsBar, staged.environments, staged.environments);
    }
  };
  auto end = RunImport(client, std::move(begin), std::move(reader), on_progress);
  if (end.ok()) {
    const pb::StateCounts& file = end->result.file();
    bars.Complete(kVersionsBar, 3);
    bars.Complete(kSnapshotsBar, end->recovered ? staged.snapshots : file.snapshots());
    bars.Complete(kEnvironmentsBar, end->recovered ? staged.environments : file.environments());
  }
  return end;
}

absl::Status RunImport(Session& session, const ImportOptions& options) {
  bool ask = !options.yes && !options.dry_run;
  if (options.file == "-" && ask) {
    return UsageError("import",
                      "'-i -' reads the state file from standard input, where the confirmation "
                      "would be read: add '-y'.");
  }
  RETURN_IF_ERROR(CheckInputFile(options.file, "'-i' / '--input-file'", "import"));
  ASSIGN_OR_RETURN(pb::ImportBegin begin, Begin(session, options));
  SetTalk(session, ask);
  auto reader = StateFileReader::Open(options.file);
  if (!reader.ok()) return Failed(session, reader.status());
  StateFileHeader header = (*reader)->header();
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.talk() << "Loading state from " << FileInWords(options.file, "standard input")
                 << " into the following connection:\n\n";
  ASSIGN_OR_RETURN(auto connection, ShowConnection(session, *client));
  Warn(session, options, connection.gateway());
  ASSIGN_OR_RETURN(bool go, Confirmed(session, !ask, "Are you sure?"));
  if (!go) return absl::OkStatus();
  PrintFileInformation(session.talk(), header);
  session.talk() << "Operation: " << begin.operation_id() << '\n';
  auto end = Import(session, *client, std::move(begin), std::move(*reader));
  if (!end.ok()) return Failed(session, end.status());
  ReportImport(session, options.file, *end);
  return absl::OkStatus();
}

Command::Run DefineImport(Arguments& arguments) {
  auto options = std::make_shared<ImportOptions>();
  Argument& file = arguments.Option("-i,--input-file", "FILE", &options->file,
                                    "the state file; '-' is standard input and needs -y");
  file.required = true;
  file.completes = Completes::kFile;
  arguments.Flag("--replace", &options->replace,
                 "delete the whole state first, after taking a restore point");
  arguments
      .Option("--if-unchanged-since", "TOKEN|FILE", &options->if_unchanged_since,
              "refuse if the state does not match this token or state file")
      .completes = Completes::kFile;
  arguments.Flag(
      "--drop-dangling", &options->drop_dangling,
      "leave out environment entries whose snapshot exists neither in the file nor in the state");
  arguments.Flag("--dry-run", &options->dry_run, "run everything and report, but change nothing");
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return RunImport(session, *options); };
}

}  // namespace

Command ImportCommand() {
  return {"import", kStateGroup, "read a state file into the state", DefineImport};
}

}  // namespace stateserver::client
