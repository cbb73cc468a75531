#include "client/commands/local_export.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/commands/confirm.h"
#include "client/commands/file_argument.h"
#include "client/errors.h"
#include "client/output/json.h"
#include "client/output/progress.h"
#include "client/process/child.h"
#include "client/process/work_folder.h"
#include "client/statefile/reader.h"
#include "client/statefile/writer.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

namespace fs = std::filesystem;

enum Bar { kVersions, kSnapshots, kEnvironments };

// `python -m` does not run SQLMesh: its command line is a function of a module.
constexpr char kPythonStart[] = "import sys; from sqlmesh.cli.main import cli; sys.exit(cli())";

std::vector<std::string> SqlmeshCommand(const LocalExport& options, const std::string& output) {
  std::vector<std::string> command = {"sqlmesh"};
  if (!options.python.empty()) command = {options.python, "-c", kPythonStart};
  for (const std::string& word :
       {std::string("-p"), options.project, std::string("state"), std::string("export"),
        std::string("--local"), std::string("--no-confirm"), std::string("-o"), output}) {
    command.push_back(word);
  }
  return command;
}

std::string ReadAll(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// SQLMesh writes `output`. Its own words are shown only when it fails.
absl::Status RunSqlmesh(Session& session, const LocalExport& options, const fs::path& output,
                        const fs::path& log) {
  Child child(SqlmeshCommand(options, output.string()), log);
  Interrupts::Guard stop(session.interrupts(), [&child] { child.Interrupt(); });
  auto exit_code = child.Run();
  if (session.interrupts().raised()) {
    return ClientError(ClientReason::INTERRUPTED, "Interrupted.");
  }
  if (!exit_code.ok()) {
    return ClientError(ClientReason::SQLMESH_FAILED,
                       Cat("Cannot run SQLMesh: ", View(exit_code.status())),
                       options.python.empty()
                           ? "Install SQLMesh so that 'sqlmesh' is on the PATH, or name a Python "
                             "that has it with --python."
                           : "Check the path of --python.");
  }
  if (*exit_code == 0) return absl::OkStatus();
  session.talk() << ReadAll(log);
  return ClientError(ClientReason::SQLMESH_FAILED,
                     Cat("SQLMesh ended with exit code ", *exit_code, "."));
}

struct Written {
  StateFileHeader header;
  RecordCounts counts;
  uint64_t bytes = 0;
};

// Through reader and writer: checked, in the spelling that was asked for, and in
// place only when whole.
absl::StatusOr<Written> Rewrite(const LocalExport& options, const fs::path& from) {
  ReaderOptions as_is;
  as_is.must_import = false;
  ASSIGN_OR_RETURN(auto reader, StateFileReader::Open(from.string(), as_is));
  WriterOptions how;
  how.compact = options.compact;
  how.with_token = false;
  ASSIGN_OR_RETURN(auto writer, StateFileWriter::Open(options.file, how));
  RETURN_IF_ERROR(writer->WriteHeader(reader->header()));
  ASSIGN_OR_RETURN(RecordCounts counts, reader->ReadRecords([&](const RecordPart& part) {
    return writer->Write(part);
  }));
  RETURN_IF_ERROR(writer->Finish(""));
  return Written{reader->header(), counts, writer->text_bytes()};
}

absl::StatusOr<Written> Export(Session& session, const LocalExport& options) {
  ProgressBars bars(session.console(),
                    {"Exporting versions", "Exporting snapshots", "Exporting environments"});
  bars.Start();
  bars.SetStatus("Waiting for SQLMesh");
  ASSIGN_OR_RETURN(WorkFolder folder, WorkFolder::Make());
  fs::path output = folder.path() / "local.json";
  RETURN_IF_ERROR(RunSqlmesh(session, options, output, folder.path() / "log"));
  auto written = Rewrite(options, output);
  if (written.ok()) {
    bars.Complete(kVersions, 3);
    bars.Complete(kSnapshots, written->counts.snapshots);
    bars.Complete(kEnvironments, written->counts.environments);
  }
  return written;
}

std::string ResultJson(const LocalExport& options, const Written& written) {
  const FileVersions& versions = written.header.versions;
  std::string versions_json = JsonObject()
                                  .Number("schema_version", versions.schema_version)
                                  .Text("sqlglot_version", versions.sqlglot_version)
                                  .Text("sqlmesh_version", versions.sqlmesh_version)
                                  .Finish();
  std::error_code error;
  auto size = fs::file_size(options.file, error);
  return JsonObject()
      .Text("file", options.file)
      .Bool("local", true)
      .Null("gateway")
      .Null("database")
      .Null("state_schema")
      .Raw("versions", versions_json)
      .Number("snapshots", written.counts.snapshots)
      .Number("environments", written.counts.environments)
      .Null("intervals")
      .Null("statements")
      .Null("auto_restatements")
      .Number("bytes", static_cast<int64_t>(error ? written.bytes : size))
      .Null("snapshot_ts")
      .Null("checksum")
      .Null("state_token")
      .Raw("notes", "[]")
      .Finish();
}

}  // namespace

absl::Status RunLocalExport(Session& session, const LocalExport& options) {
  SetTalk(session, !options.yes);
  std::string file = FileInWords(options.file, "standard output");
  session.talk() << "Exporting local state to " << file << "\n\n";
  session.console().Warning(
      "Local state exports just contain the model versions in your local context. Therefore, the "
      "resulting file cannot be imported.");
  if (!options.yes) session.talk() << '\n';
  ASSIGN_OR_RETURN(bool go, Confirmed(session, options.yes, "Continue?"));
  if (!go) return absl::OkStatus();
  auto written = Export(session, options);
  if (!written.ok()) {
    session.talk() << "\nState export failed!\n";
    return OutputError(written.status());
  }
  if (session.json()) {
    if (options.file != "-") session.out() << ResultJson(options, *written) << '\n';
    return absl::OkStatus();
  }
  session.talk() << '\n'
                 << session.console().Paint(Colour::kGreen,
                                            Cat("State exported successfully to ", file))
                 << '\n';
  return absl::OkStatus();
}

}  // namespace stateserver::client
