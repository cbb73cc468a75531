// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/local_export.h"

#include <filesystem>
#include <optional>

#include "absl/time/clock.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/file_argument.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/errors.h"
#include "client/statefile/writer.h"
#include "client/transfer/local_worker.h"
#include "common/text.h"
#include "common/time.h"

namespace stateserver::client {
namespace {

namespace fs = std::filesystem;

struct Written {
  pb::GetVersionsResponse gateway;
  FileVersions versions;
  RecordCounts counts;
  uint64_t bytes = 0;
};

std::string MajorMinor(const std::string& version) {
  size_t second = version.find('.', version.find('.') + 1);
  return version.substr(0, second);
}

absl::StatusOr<FileVersions> VersionsOf(const pb::GetVersionsResponse& gateway) {
  if (!gateway.has_state()) {
    return ClientError(ClientReason::SQLMESH_FAILED,
                       Cat("The gateway '", gateway.gateway(), "' holds no state tables."),
                       "Run 'stateclient migrate' first.");
  }
  FileVersions versions;
  versions.schema_version = gateway.state().schema_version();
  versions.sqlglot_version = gateway.state().sqlglot_version();
  versions.sqlmesh_version = gateway.state().sqlmesh_version();
  return versions;
}

// Performs SQLMesh's own check before it reads a state: the file names one release, which must also
// be that of the snapshots.
absl::Status CheckSame(const FileVersions& local, const FileVersions& remote) {
  auto differs = [](std::string_view what, const std::string& here, const std::string& there) {
    return ClientError(
        ClientReason::SQLMESH_FAILED,
        Cat(what, " (local) is using version '", here, "' and the state of the gateway '", there,
            "'."),
        "Use the same release for both: install it here, or run 'stateclient migrate'.");
  };
  if (MajorMinor(local.sqlmesh_version) != MajorMinor(remote.sqlmesh_version)) {
    return differs("SQLMesh", local.sqlmesh_version, remote.sqlmesh_version);
  }
  if (local.schema_version != remote.schema_version) {
    return differs("SQLMesh's schema", Cat(local.schema_version), Cat(remote.schema_version));
  }
  if (MajorMinor(local.sqlglot_version) != MajorMinor(remote.sqlglot_version)) {
    return differs("SQLGlot", local.sqlglot_version, remote.sqlglot_version);
  }
  return absl::OkStatus();
}

absl::Status WriteSnapshots(LocalWorker& worker, StateFileWriter& writer, ProgressBars& bars) {
  ASSIGN_OR_RETURN(int64_t total, worker.ReadBegin());
  for (int64_t done = 0;; ++done) {
    bars.Update(kSnapshotsBar, done, total);
    ASSIGN_OR_RETURN(std::optional<std::string> snapshot, worker.ReadSnapshot());
    if (!snapshot.has_value()) break;
    RecordPart part;
    part.json = *snapshot;
    RETURN_IF_ERROR(writer.Write(part));
  }
  bars.Complete(kSnapshotsBar, total);
  bars.Complete(kEnvironmentsBar, 0);
  return absl::OkStatus();
}

absl::StatusOr<Written> ExportLocally(Session& session, const LocalExport& options) {
  Written written;
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetVersionsRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(written.gateway, client->GetVersions(request));
  ASSIGN_OR_RETURN(written.versions, VersionsOf(written.gateway));
  ProgressBars bars(session.console(),
                    {"Exporting versions", "Exporting snapshots", "Exporting environments"});
  bars.Start();
  bars.SetStatus("Waiting for SQLMesh");
  Interrupts::Guard stop(session.interrupts(), [] {});
  ASSIGN_OR_RETURN(auto worker,
                   LocalWorker::Start(options.python, options.project, session.interrupts()));
  ASSIGN_OR_RETURN(FileVersions local, worker->ReadHello());
  RETURN_IF_ERROR(CheckSame(local, written.versions));
  bars.Complete(kVersionsBar, 3);
  WriterOptions how;
  how.compact = options.compact;
  how.with_token = false;
  ASSIGN_OR_RETURN(auto writer, StateFileWriter::Open(options.file, how));
  StateFileHeader header;
  header.timestamp = FormatTimestamp(FloorToMinute(absl::ToUnixMillis(absl::Now())));
  header.importable = false;
  header.versions = written.versions;
  RETURN_IF_ERROR(writer->WriteHeader(header));
  RETURN_IF_ERROR(WriteSnapshots(*worker, *writer, bars));
  RETURN_IF_ERROR(writer->Finish(""));
  written.counts = writer->counts();
  written.bytes = writer->text_bytes();
  return written;
}

std::string ResultJson(const LocalExport& options, const Written& written) {
  const FileVersions& versions = written.versions;
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
      .Text("gateway", written.gateway.gateway())
      .Text("database", written.gateway.database())
      .Text("state_schema", written.gateway.state_schema())
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
  auto written = ExportLocally(session, options);
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
