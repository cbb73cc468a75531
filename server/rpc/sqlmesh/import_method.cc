// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/import_method.h"

#include <optional>

#include "common/time.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/state_access.h"
#include "server/sqlmesh/transfer/importer.h"

namespace stateserver::rpc {
namespace {

constexpr absl::Duration kProgressInterval = absl::Milliseconds(200);

absl::Status ImportOutOfOrder(std::string_view what) {
  return Error(Reason::STREAM_OUT_OF_ORDER, what,
               "An import is one begin, any number of records, one commit.");
}

absl::Status EndedEarly() {
  return Error(Reason::FILE_TRUNCATED, "The import's stream ended before its commit",
               "Nothing was changed; send the import again.");
}

absl::StatusOr<transfer::ImportOptions> ToOptions(const v1::ImportBegin& begin,
                                                  const gateways::Gateway& gateway,
                                                  const ServiceLimits& limits) {
  transfer::ImportOptions options;
  switch (begin.mode()) {
    case v1::IMPORT_MODE_MERGE:
      options.mode = transfer::ImportMode::kMerge;
      break;
    case v1::IMPORT_MODE_REPLACE:
      options.mode = transfer::ImportMode::kReplace;
      break;
    default:
      return Error(Reason::ARGUMENT_INVALID, "Field 'mode' is neither merge nor replace", "",
                   {{"field", "begin.mode"}});
  }
  options.change = StateChangeOptionsOf(gateway, limits, begin.operation_id(), begin.dry_run());
  options.file_versions = FromProto(begin.versions());
  options.file_timestamp = begin.file_timestamp();
  options.file_version = begin.file_version();
  if (begin.has_importable()) options.importable = begin.importable();
  options.if_unchanged_since = begin.if_unchanged_since();
  options.drop_dangling = begin.drop_dangling();
  return options;
}

std::string_view PhaseName(transfer::ImportPhase phase) {
  switch (phase) {
    case transfer::ImportPhase::kStage:
      return "stage";
    case transfer::ImportPhase::kLock:
      return "lock";
    case transfer::ImportPhase::kRestorePoint:
      return "restore_point";
    case transfer::ImportPhase::kMerge:
      return "merge";
    case transfer::ImportPhase::kCommit:
      return "commit";
  }
  return "";
}

v1::ImportResult ToMessage(const operations::Outcome<transfer::ImportResult>& outcome) {
  const transfer::ImportResult& result = outcome.result;
  v1::ImportResult out;
  *out.mutable_operation() = ToProto(outcome.operation);
  *out.mutable_file() = ToProto(result.file);
  *out.mutable_snapshots() = ToProto(result.changes.snapshots);
  *out.mutable_environments() = ToProto(result.changes.environments);
  *out.mutable_auto_restatements() = ToProto(result.changes.auto_restatements);
  *out.mutable_statements() = ToProto(result.changes.statements);
  out.set_interval_rows_inserted(result.changes.interval_rows_inserted);
  out.set_intervals_already_covered(result.changes.intervals_already_covered);
  out.set_restore_point_id(outcome.operation.restore_point_id);
  for (const transfer::Note& note : result.changes.notes) *out.add_notes() = ToProto(note);
  return out;
}

// ImportCall is one import from its begin to its result.
class ImportCall {
 public:
  ImportCall(const ServiceContext& context, Slots& imports, ImportStream* stream, CallContext& call,
             CallNotes& notes)
      : context_(context), imports_(imports), stream_(stream), call_(call), notes_(notes) {}

  absl::Status Import() {
    RETURN_IF_ERROR(Begin());
    absl::Status imported = ReceiveRecords();
    // The importer records only its own errors.
    if (!imported.ok()) importer_->Fail(imported);
    return imported;
  }

 private:
  absl::Status ReceiveRecords() {
    RETURN_IF_ERROR(Accept());
    while (true) {
      ASSIGN_OR_RETURN(bool more, Receive(stream_, &request_, notes_));
      if (!more) break;
      if (request_.has_commit()) return Commit(request_.commit());
      if (!request_.has_records()) return ImportOutOfOrder("A second begin came in the middle");
      RETURN_IF_ERROR(Records(request_.records()));
    }
    RETURN_IF_ERROR(call_.Check());
    return EndedEarly();
  }

  absl::Status Begin() {
    ASSIGN_OR_RETURN(bool begun, Receive(stream_, &request_, notes_));
    if (!begun) {
      RETURN_IF_ERROR(call_.Check());
      return ImportOutOfOrder("The stream ended without a begin");
    }
    if (!request_.has_begin()) return ImportOutOfOrder("The first message is not a begin");
    const v1::ImportBegin& begin = request_.begin();
    auth::Action action = begin.mode() == v1::IMPORT_MODE_REPLACE ? auth::Action::kImportReplace
                                                                  : auth::Action::kImportMerge;
    ASSIGN_OR_RETURN(gateway_, FindGateway(context_, begin.gateway(),
                                           {action, begin.operation_id()}, call_, notes_));
    ServiceLimits limits = context_.limits();
    ASSIGN_OR_RETURN(slot_, imports_.Acquire(limits.imports, gateway_->name, call_.principal));
    ASSIGN_OR_RETURN(auto options, ToOptions(begin, *gateway_, limits));
    replace_ = options.mode == transfer::ImportMode::kReplace;
    dry_run_ = begin.dry_run();
    phase_started_ = SteadyNow();
    notes_.EnterPhase(PhaseName(phase_));
    ASSIGN_OR_RETURN(importer_, transfer::Importer::Begin(
                                    *gateway_->pool, call_, std::move(options),
                                    [this](transfer::ImportPhase phase) { EnterPhase(phase); }));
    return absl::OkStatus();
  }

  absl::Status Accept() {
    v1::ImportResponse response;
    v1::ImportAccepted* accepted = response.mutable_accepted();
    accepted->set_gateway(gateway_->name);
    accepted->set_database(gateway_->database);
    accepted->set_state_schema(gateway_->state_schema);
    *accepted->mutable_versions() = ToProto(importer_->state_versions());
    return Send(response);
  }

  absl::Status Records(const v1::RecordBatch& batch) {
    RETURN_IF_ERROR(call_.Check());
    int64_t bytes = 0;
    for (const v1::Record& record : batch.records()) {
      ASSIGN_OR_RETURN(transfer::RecordPart part, PartOf(record));
      RETURN_IF_ERROR(importer_->Part(part));
      bytes += static_cast<int64_t>(record.json().size());
    }
    notes_.running().AddDone(batch.records_size());
    context_.rpc.metrics.AddRows(gateway_->name, "import", "stage", batch.records_size(), bytes);
    if (SteadyNow() - last_progress_ < kProgressInterval) return absl::OkStatus();
    return SendProgress(transfer::ImportPhase::kStage);
  }

  absl::Status Commit(const v1::ImportCommit& commit) {
    RETURN_IF_ERROR(SendProgress(transfer::ImportPhase::kStage));
    ASSIGN_OR_RETURN(auto outcome, importer_->Commit({commit.snapshots(), commit.environments(),
                                                      commit.checksum()}));
    EnterPhase(transfer::ImportPhase::kCommit);
    v1::ImportResponse response;
    *response.mutable_result() = ToMessage(outcome);
    response.mutable_result()->set_dry_run(dry_run_);
    if (outcome.replayed) notes_.Add("replayed", true);
    notes_.Add("snapshots", outcome.result.file.snapshots);
    notes_.Add("environments", outcome.result.file.environments);
    if (!dry_run_) {
      context_.rpc.metrics.OperationSucceeded(gateway_->name,
                                              replace_ ? "import_replace" : "import");
    }
    return Send(response);
  }

  void EnterPhase(transfer::ImportPhase phase) {
    absl::Time now = SteadyNow();
    context_.rpc.metrics.PhaseFinished(gateway_->name, "import", PhaseName(phase_),
                                       now - phase_started_);
    if (phase_ == transfer::ImportPhase::kLock) {
      context_.rpc.metrics.LockWaited(gateway_->name, now - phase_started_);
    }
    phase_ = phase;
    notes_.EnterPhase(PhaseName(phase));
    phase_started_ = now;
    (void)SendProgress(phase);  // a disconnected caller is detected elsewhere
  }

  absl::Status SendProgress(transfer::ImportPhase phase) {
    last_progress_ = SteadyNow();
    if (phase != transfer::ImportPhase::kStage) return SendProgress(PhaseName(phase), 0);
    // By section, since a file's header does not say how many records follow.
    RETURN_IF_ERROR(SendProgress("snapshots", importer_->snapshots()));
    return SendProgress("environments", importer_->environments());
  }

  absl::Status SendProgress(std::string_view phase, int64_t done) {
    v1::ImportResponse response;
    response.mutable_progress()->set_phase(std::string(phase));
    response.mutable_progress()->set_done(done);
    return Send(response);
  }

  absl::Status Send(const v1::ImportResponse& response) {
    if (Deliver(stream_, response, notes_)) return absl::OkStatus();
    return Error(Reason::CANCELLED, "The caller disconnected during the import");
  }

  const ServiceContext& context_;
  Slots& imports_;
  ImportStream* const stream_;
  CallContext& call_;
  CallNotes& notes_;
  v1::ImportRequest request_;
  gateways::GatewayPtr gateway_;
  Slots::Slot slot_;
  std::unique_ptr<transfer::Importer> importer_;
  bool replace_ = false;
  bool dry_run_ = false;
  absl::Time last_progress_ = SteadyNow();
  absl::Time phase_started_;
  transfer::ImportPhase phase_ = transfer::ImportPhase::kStage;
};

}  // namespace

absl::Status ServeImport(const ServiceContext& context, Slots& imports, ImportStream* stream,
                         CallContext& call, CallNotes& notes) {
  return ImportCall(context, imports, stream, call, notes).Import();
}

}  // namespace stateserver::rpc
