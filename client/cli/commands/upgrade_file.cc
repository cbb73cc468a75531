// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/file_argument.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/statefile/reader.h"
#include "client/transfer/upgrade_run.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct UpgradeFileOptions {
  std::string input;
  std::string output;
  std::string to;
  bool keep_unsupported_fingerprints = false;
  bool compact = false;
};

enum Bar { kMigration, kSnapshots, kEnvironments };

absl::StatusOr<UpgradeEnd> Upgrade(Session& session, Client& client,
                                   const UpgradeFileOptions& options,
                                   std::unique_ptr<StateFileReader> reader,
                                   const OpenWriter& open) {
  pb::MigrateFileBegin begin;
  begin.set_gateway(session.gateway());
  begin.set_to(options.to);
  begin.set_keep_unsupported_fingerprints(options.keep_unsupported_fingerprints);
  ProgressBars bars(session.console(),
                    {"Migrating state", "Exporting snapshots", "Exporting environments"});
  bars.Start();
  UpgradeProgress progress;
  pb::StateCounts totals;
  progress.on_migration = [&](const pb::Progress& migration) {
    bars.SetStatus(Printable(migration.phase()));
    bars.Update(kMigration, migration.done(), migration.total());
  };
  progress.exported.on_header = [&](const pb::ExportHeader& header) { totals = header.counts(); };
  progress.exported.on_records = [&](const RecordCounts& counts) {
    bars.Update(kSnapshots, counts.snapshots, std::max(counts.snapshots, totals.snapshots()));
    bars.Update(kEnvironments, counts.environments,
                std::max(counts.environments, totals.environments()));
  };
  auto end = RunUpgrade(client, std::move(begin), std::move(reader), open, progress);
  if (end.ok()) {
    bars.Complete(kMigration, end->report.steps_size());
    bars.Complete(kSnapshots, end->counts.snapshots);
    bars.Complete(kEnvironments, end->counts.environments);
  }
  return end;
}

pb::Versions ToProto(const FileVersions& versions) {
  pb::Versions out;
  out.set_schema_version(static_cast<int32_t>(versions.schema_version));
  out.set_sqlglot_version(versions.sqlglot_version);
  out.set_sqlmesh_version(versions.sqlmesh_version);
  return out;
}

std::string EndJson(const UpgradeFileOptions& options, const UpgradeEnd& end,
                    const pb::Versions& before) {
  return JsonObject()
      .Text("input", options.input)
      .Text("file", options.output)
      .Raw("before", ToJson(before))
      .Raw("after", ToJson(end.versions))
      .Bool("changed", !end.unchanged)
      .Number("snapshots", end.counts.snapshots)
      .Number("environments", end.counts.environments)
      .Raw("report", ToJson(end.report))
      .Raw("notes", ListToJson(end.trailer, "notes"))
      .Finish();
}

void Report(Session& session, const UpgradeFileOptions& options, const UpgradeEnd& end,
            const pb::Versions& before) {
  if (session.json()) {
    // With `-o -` standard output contains only the file.
    if (options.output != "-") session.out() << EndJson(options, end, before) << '\n';
    return;
  }
  std::string file = FileInWords(options.output, "standard output");
  session.talk() << '\n'
                 << session.console().Paint(Colour::kGreen,
                                            Cat("State file upgraded successfully to ", file))
                 << "\n\nFrom: " << VersionsText(before) << "\nTo:   " << VersionsText(end.versions)
                 << '\n';
  if (end.unchanged) session.talk() << "Its snapshots and environments are unchanged.\n";
  PrintNotes(session.console(), end.report.notes());
  PrintNotes(session.console(), end.trailer.notes());
}

absl::Status RunUpgradeFile(Session& session, const UpgradeFileOptions& options) {
  RETURN_IF_ERROR(CheckInputFile(options.input, "'-i' / '--input-file'", "upgrade-file"));
  SetTalk(session, /*will_ask=*/false);
  ASSIGN_OR_RETURN(auto reader, StateFileReader::Open(options.input));
  pb::Versions before = ToProto(reader->header().versions);
  ASSIGN_OR_RETURN(Client * client, session.client());
  auto open = [&](bool with_token) {
    return StateFileWriter::Open(options.output, {options.compact, with_token});
  };
  session.talk() << "Upgrading " << FileInWords(options.input, "standard input") << " to "
                 << FileInWords(options.output, "standard output") << "\n\n";
  auto end = Upgrade(session, *client, options, std::move(reader), open);
  if (!end.ok()) {
    session.talk() << "\nUpgrade failed!\n";
    return OutputError(end.status());
  }
  Report(session, options, *end, before);
  return absl::OkStatus();
}

Command::Run DefineUpgradeFile(Arguments& arguments) {
  auto options = std::make_shared<UpgradeFileOptions>();
  Argument& input = arguments.Option("-i,--input-file", "FILE", &options->input,
                                     "the state file of an older SQLMesh; '-' is standard input");
  input.required = true;
  input.completes = Completes::kFile;
  Argument& output =
      arguments.Option("-o,--output-file", "FILE", &options->output,
                       "the file to write; '-' is standard output, .gz and .zst are compressed");
  output.required = true;
  output.completes = Completes::kFile;
  arguments.Option("--to", "RELEASE", &options->to,
                   "a SQLMesh release (default: the newest known)");
  arguments.Flag("--keep-unsupported-fingerprints", &options->keep_unsupported_fingerprints,
                 "keep the fingerprints of snapshots for which no new ones can be computed");
  arguments.Flag("--compact", &options->compact, "write no white space into the file");
  return [options](Session& session) { return RunUpgradeFile(session, *options); };
}

}  // namespace

Command UpgradeFileCommand() {
  return {"upgrade-file", kStateGroup, "upgrade a state file of an older SQLMesh to the newest",
          DefineUpgradeFile};
}

}  // namespace stateserver::client
