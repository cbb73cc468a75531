// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/migrate_file_method.h"

#include <optional>

#include "common/time.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/sqlmesh/export_stream.h"
#include "server/rpc/sqlmesh/macro_access.h"
#include "server/rpc/sqlmesh/migration_report.h"
#include "server/rpc/state_access.h"
#include "server/rpc/step_progress.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::rpc {
namespace {

absl::Status MigrateFileOutOfOrder(std::string_view what) {
  return Error(Reason::STREAM_OUT_OF_ORDER, what,
               "The migration of a file is one begin, any number of records, one commit.");
}

// MigrateFileCall is one call, from begin to trailer.
class MigrateFileCall {
 public:
  MigrateFileCall(const ServiceContext& context, Slots& imports, MigrateFileStream* stream,
                  CallContext& call, CallNotes& notes)
      : context_(context), imports_(imports), stream_(stream), call_(call), notes_(notes) {}

  absl::Status Migrate() {
    absl::Time started = SteadyNow();
    RETURN_IF_ERROR(Begin());
    if (migration_->unchanged()) return absl::OkStatus();
    RETURN_IF_ERROR(Receive());
    ASSIGN_OR_RETURN(
        migrations::RunReport report,
        migration_->Migrate(totals_, ProgressTo<v1::MigrateStateFileResponse>(stream_, notes_)));
    v1::MigrateStateFileResponse response;
    ReportToProto(report, response.mutable_report());
    *response.mutable_report()->mutable_file() = ToProto(migration_->counts());
    RETURN_IF_ERROR(Send(response));
    RETURN_IF_ERROR(Export());
    context_.rpc.metrics.PhaseFinished(gateway_->name, "upgrade", "total", SteadyNow() - started);
    context_.rpc.metrics.OperationSucceeded(gateway_->name, "upgrade_file");
    return absl::OkStatus();
  }

 private:
  absl::Status Begin() {
    v1::MigrateStateFileRequest request;
    ASSIGN_OR_RETURN(bool begun, rpc::Receive(stream_, &request, notes_));
    if (!begun) return EndedEarly();
    if (!request.has_begin())
      return MigrateFileOutOfOrder("The first message of MigrateStateFile is not its begin");
    const v1::MigrateFileBegin& begin = request.begin();
    ASSIGN_OR_RETURN(gateway_, FindGateway(context_, begin.gateway(),
                                           {auth::Action::kMigrateStateFile, ""}, call_, notes_));
    ASSIGN_OR_RETURN(slot_,
                     imports_.Acquire(context_.limits().imports, gateway_->name, call_.principal));
    migrations::FileMigrationOptions options;
    options.database = gateway_->database;
    options.file_versions = FromProto(begin.versions());
    options.file_version = begin.file_version();
    if (begin.has_importable()) options.importable = begin.importable();
    options.to = begin.to();
    options.keep_unsupported_fingerprints = begin.keep_unsupported_fingerprints();
    workers_ = context_.workers();
    rewriter_ = workers_.Rewriter(call_);
    macros_.emplace(context_, *gateway_, call_, auth::Action::kMigrateStateFile, "");
    fingerprints_ =
        workers_.Fingerprints(call_, [this](Confinement how) { return macros_->Admit(how); });
    options.python = rewriter_.get();
    options.rewrite_python = gateway_->rewrite_python;
    options.worker = fingerprints_.get();
    ASSIGN_OR_RETURN(migration_,
                     migrations::FileMigration::Begin(*gateway_->pool, call_, std::move(options)));
    v1::MigrateStateFileResponse response;
    *response.mutable_accepted()->mutable_versions() = ToProto(migration_->target());
    response.mutable_accepted()->set_unchanged(migration_->unchanged());
    return Send(response);
  }

  static absl::Status EndedEarly() {
    return Error(Reason::FILE_TRUNCATED, "The stream of MigrateStateFile ended before its commit",
                 "Send the file again.");
  }

  // Receives messages until the commit.
  absl::Status Receive() {
    v1::MigrateStateFileRequest request;
    while (true) {
      ASSIGN_OR_RETURN(bool more, rpc::Receive(stream_, &request, notes_));
      if (!more) break;
      if (request.has_commit()) {
        const v1::ImportCommit& commit = request.commit();
        totals_ = {commit.snapshots(), commit.environments(), commit.checksum()};
        return absl::OkStatus();
      }
      if (!request.has_records())
        return MigrateFileOutOfOrder("A message of MigrateStateFile has no records");
      for (const v1::Record& record : request.records().records()) {
        ASSIGN_OR_RETURN(transfer::RecordPart part, PartOf(record));
        RETURN_IF_ERROR(migration_->Part(part));
      }
    }
    return EndedEarly();
  }

  absl::Status Export() {
    v1::MigrateStateFileResponse response;
    v1::ExportHeader header;
    header.set_gateway(gateway_->name);
    header.set_database(gateway_->database);
    ExportStream stream(
        std::move(header),
        [&](const v1::ExportResponse& message) {
          *response.mutable_exported() = message;
          return Deliver(stream_, response, notes_);
        },
        [](transfer::Section, int64_t, int64_t) {});
    ASSIGN_OR_RETURN(transfer::ExportTrailer trailer, migration_->Export(stream));
    RETURN_IF_ERROR(stream.Finish(trailer));
    notes_.Add("snapshots", trailer.counts.snapshots);
    notes_.Add("environments", trailer.counts.environments);
    return absl::OkStatus();
  }

  absl::Status Send(const v1::MigrateStateFileResponse& response) {
    if (Deliver(stream_, response, notes_)) return absl::OkStatus();
    return Error(Reason::CANCELLED, "The caller disconnected during the migration of a file");
  }

  const ServiceContext& context_;
  Slots& imports_;
  MigrateFileStream* const stream_;
  CallContext& call_;
  CallNotes& notes_;
  gateways::GatewayPtr gateway_;
  Slots::Slot slot_;
  workers::Workers workers_;
  std::unique_ptr<workers::PayloadRewriter> rewriter_;
  std::optional<MacroAccess> macros_;
  std::unique_ptr<workers::FingerprintWorker> fingerprints_;
  std::unique_ptr<migrations::FileMigration> migration_;
  transfer::SentTotals totals_;
};

}  // namespace

absl::Status ServeMigrateStateFile(const ServiceContext& context, Slots& imports,
                                   MigrateFileStream* stream, CallContext& call, CallNotes& notes) {
  return MigrateFileCall(context, imports, stream, call, notes).Migrate();
}

}  // namespace stateserver::rpc
