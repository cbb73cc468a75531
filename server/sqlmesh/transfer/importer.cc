// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/importer.h"

#include "common/error.h"
#include "common/failpoint.h"
#include "common/json/text.h"
#include "common/text.h"
#include "server/platform/postgres/locks.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/state_token.h"

namespace stateserver::transfer {
namespace {

std::string_view KindName(ImportMode mode) {
  return mode == ImportMode::kReplace ? "import --replace" : "import";
}

class ImporterImpl final : public Importer, private RecordReceiver {
 public:
  ImporterImpl(postgres::Pool& pool, const CallContext& context, ImportOptions options,
               std::function<void(ImportPhase)> on_phase)
      : pool_(pool),
        context_(context),
        options_(std::move(options)),
        on_phase_(std::move(on_phase)),
        points_(pool_, context_, options_.change) {}

  absl::Status Begin() {
    ASSIGN_OR_RETURN(
        change_, operations::Change::Begin(
                     pool_, context_,
                     restore_points::ChangeRequestOf(options_.change, KindName(options_.mode),
                                                     ArgumentsJson()),
                     [this](postgres::Session& session) { return CheckWithoutRecords(session); }));
    if (!replayed()) return Remember(BeginStaging());
    // The checks were skipped; the versions are only shown.
    if (auto session = pool_.Acquire(context_); session.ok()) (void)CheckVersions(**session);
    return absl::OkStatus();
  }

  const store::Versions& state_versions() const override { return versions_; }
  int64_t snapshots() const override { return records_.counts().snapshots; }
  int64_t environments() const override { return records_.counts().environments; }

  absl::Status Part(const RecordPart& part) override { return Remember(records_.Add(part)); }

  void Fail(const absl::Status& error) override { (void)Remember(error); }

  absl::StatusOr<operations::Outcome<ImportResult>> Commit(const SentTotals& totals) override {
    RETURN_IF_ERROR(Remember(records_.CheckTotals(totals)));
    operations::Outcome<ImportResult> outcome;
    if (replayed()) {
      RETURN_IF_ERROR(Replay(&outcome));
      return outcome;
    }
    RETURN_IF_ERROR(Remember(Merge(&outcome.result)));
    on_phase_(ImportPhase::kCommit);
    ASSIGN_OR_RETURN(outcome.operation, change_->Commit(outcome.result));
    NoteRemovedRestorePoints(&outcome.result);
    return outcome;
  }

 private:
  postgres::Session& session() { return change_->session(); }
  bool replayed() const { return change_->replayed() != nullptr; }

  // Records the first error as the outcome.
  absl::Status Remember(const absl::Status& status) {
    if (status.ok() || replayed()) return status;
    return change_->Fail(status);
  }

  absl::Status CheckWithoutRecords(postgres::Session& session) {
    RETURN_IF_ERROR(CheckVersions(session));
    RETURN_IF_ERROR(CheckFileHeader(options_.file_version, options_.importable));
    return store::CheckSameRelease(options_.file_versions, versions_);
  }

  absl::Status CheckVersions(postgres::Session& session) {
    ASSIGN_OR_RETURN(auto versions, store::ReadVersions(session, options_.change.schema));
    if (!versions.has_value()) {
      return store::NotMigrated(options_.change.database, options_.change.schema);
    }
    RETURN_IF_ERROR(store::CheckCurrent(*versions));
    versions_ = *std::move(versions);
    return absl::OkStatus();
  }

  absl::Status BeginStaging() {
    FAILPOINT("import.before_staging");
    RETURN_IF_ERROR(session().Begin(postgres::Isolation::kReadCommitted));
    ASSIGN_OR_RETURN(stage_, Stage::Create(session()));
    environment_import_ = std::make_unique<EnvironmentImport>(*stage_, known_, unknown_fields_);
    return absl::OkStatus();
  }

  std::string ArgumentsJson() const {
    return Cat(R"({"mode":)", options_.mode == ImportMode::kReplace ? R"("replace")" : R"("merge")",
               R"(,"file_timestamp":)", json::Quoted(options_.file_timestamp),
               R"(,"file_sqlmesh_version":)", json::Quoted(options_.file_versions.sqlmesh_version),
               R"(,"if_unchanged_since":)", json::Quoted(options_.if_unchanged_since),
               R"(,"drop_dangling":)", options_.drop_dangling ? "true" : "false", "}");
  }

  absl::Status OnSnapshot(std::string_view json, std::string_view claimed_identifier) override {
    if (replayed()) return absl::OkStatus();
    absl::StatusOr<state::DecodedSnapshot> snapshot = codec_.Decode(json);
    if (!snapshot.ok()) return records_.OfSnapshot(snapshot.status());
    if (!claimed_identifier.empty() && claimed_identifier != snapshot->identifier) {
      return records_.OfSnapshot(
          Error(Reason::IDENTIFIER_MISMATCH,
                Cat("The identifier ", claimed_identifier,
                    " does not follow from the fingerprint, which gives ", snapshot->identifier),
                "The record was edited: export the state again.",
                {{"record", snapshot->name}, {"identifier", std::string(claimed_identifier)}}));
    }
    known_.insert(KeyOf(snapshot->name, snapshot->identifier));
    records_.CountContents(*snapshot);
    if (snapshot->seed_kept_hydrated) hydrated_seeds_.Add(snapshot->name);
    unknown_fields_.AddStored(snapshot->name, snapshot->unknown_fields);
    RETURN_IF_ERROR(stage_->AddSnapshot(*snapshot));
    if (records_.counts().snapshots == 2) FAILPOINT("import.mid_copy");
    return absl::OkStatus();
  }

  absl::Status OnEnvironmentBegin(std::string_view name) override {
    if (!replayed()) environment_import_->Begin(name);
    return absl::OkStatus();
  }

  absl::Status OnEnvironmentPiece(std::string_view json) override {
    return replayed() ? absl::OkStatus() : environment_import_->Feed(json);
  }

  absl::Status OnEnvironmentEnd() override {
    if (replayed()) return absl::OkStatus();
    RETURN_IF_ERROR(environment_import_->End());
    records_.CountStatements(environment_import_->has_statements());
    return absl::OkStatus();
  }

  absl::Status Merge(ImportResult* result) {
    RETURN_IF_ERROR(stage_->Flush());
    RETURN_IF_ERROR(CheckStagedDuplicates(session()));
    FAILPOINT("import.after_staging");
    on_phase_(ImportPhase::kLock);
    const std::string& schema = options_.change.schema;
    RETURN_IF_ERROR(postgres::LockState(session(), pool_, context_, schema, store::StateTables(),
                                        options_.change.lock_timeout));
    RETURN_IF_ERROR(CheckUnderLock());
    std::vector<Note> notes;
    RETURN_IF_ERROR(
        ResolveReferences(session(), schema, options_.mode, options_.drop_dangling, &notes));
    if (options_.mode == ImportMode::kReplace && !change_->dry_run()) {
      on_phase_(ImportPhase::kRestorePoint);
      RETURN_IF_ERROR(change_->TakeRestorePoint(points_));
    }
    on_phase_(ImportPhase::kMerge);
    ASSIGN_OR_RETURN(result->changes, ApplyStage(session(), schema, options_.mode));
    hydrated_seeds_.AppendTo("hydrated_seed",
                             "seeds were stored with their content, because SQLMesh's hash of a "
                             "column cannot be reproduced with certainty",
                             &notes);
    unknown_fields_.AppendTo(&notes);
    result->changes.notes.insert(result->changes.notes.begin(), notes.begin(), notes.end());
    result->file = records_.counts();
    result->checksum = records_.checksum();
    return absl::OkStatus();
  }

  // Repeats checks whose result may have changed before the lock was acquired.
  absl::Status CheckUnderLock() {
    RETURN_IF_ERROR(CheckVersions(session()));
    RETURN_IF_ERROR(store::CheckSameRelease(options_.file_versions, versions_));
    return CheckStateToken(session(), options_.change.schema, versions_,
                           options_.if_unchanged_since);
  }

  void NoteRemovedRestorePoints(ImportResult* result) {
    NoteCounter counter;
    for (const std::string& id : change_->removed_restore_points()) counter.Add(id);
    counter.AppendTo("restore_points_removed", "restore points over the limits were removed",
                     &result->changes.notes);
  }

  absl::Status Replay(operations::Outcome<ImportResult>* outcome) {
    outcome->replayed = true;
    outcome->operation = *change_->replayed();
    ASSIGN_OR_RETURN(outcome->result, change_->ReplayedResult<ImportResult>());
    if (outcome->result.checksum == records_.checksum()) return absl::OkStatus();
    const std::string& id = change_->request().id;
    return Error(Reason::OPERATION_ID_REUSED,
                 Cat("Operation '", id, "' was run before with different records"),
                 "Use a new operation id for another import.", {{"operation", id}});
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const ImportOptions options_;
  const std::function<void(ImportPhase)> on_phase_;

  store::Versions versions_;
  restore_points::StateRestorePoints points_;
  std::unique_ptr<operations::Change> change_;

  std::unique_ptr<Stage> stage_;
  SnapshotKeySet known_;
  UnknownFieldNotes unknown_fields_;
  std::unique_ptr<EnvironmentImport> environment_import_;
  state::SnapshotCodec codec_;
  IncomingRecords records_{*this};
  NoteCounter hydrated_seeds_;
};

}  // namespace

absl::Status CheckFileHeader(int file_version, std::optional<bool> importable) {
  if (file_version != 1) {
    return Error(
        Reason::FILE_VERSION_UNSUPPORTED,
        Cat("The state file has file_version ", file_version, ", this server reads version 1"),
        "Export the state again with a release that writes version 1.");
  }
  if (!importable.value_or(false)) {
    return Error(Reason::FILE_NOT_IMPORTABLE, "State file is marked as not importable. Aborting",
                 "Local exports hold no versions and cannot be imported; export the state itself.");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Importer>> Importer::Begin(
    postgres::Pool& pool, const CallContext& context, ImportOptions options,
    std::function<void(ImportPhase)> on_phase) {
  auto importer =
      std::make_unique<ImporterImpl>(pool, context, std::move(options), std::move(on_phase));
  RETURN_IF_ERROR(importer->Begin());
  return importer;
}

}  // namespace stateserver::transfer
