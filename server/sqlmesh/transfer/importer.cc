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

// Maximum size of a single snapshot in bytes; PostgreSQL's limit is 1 GB.
constexpr size_t kMaxSnapshotBytes = 256 << 20;

std::string_view KindName(ImportMode mode) {
  return mode == ImportMode::kReplace ? "import --replace" : "import";
}

class ImporterImpl final : public Importer {
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
  int64_t snapshots() const override { return counts_.snapshots; }
  int64_t environments() const override { return counts_.environments; }

  absl::Status Part(const RecordPart& part) override { return Remember(AddPart(part)); }

  void Fail(const absl::Status& error) override { (void)Remember(error); }

  absl::StatusOr<operations::Outcome<ImportResult>> Commit(const ImportTotals& totals) override {
    RETURN_IF_ERROR(Remember(CheckTotals(totals)));
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
    environment_import_ = std::make_unique<EnvironmentImport>(*stage_, known_);
    return absl::OkStatus();
  }

  std::string ArgumentsJson() const {
    return Cat(R"({"mode":)", options_.mode == ImportMode::kReplace ? R"("replace")" : R"("merge")",
               R"(,"file_timestamp":)", json::Quoted(options_.file_timestamp),
               R"(,"file_sqlmesh_version":)", json::Quoted(options_.file_versions.sqlmesh_version),
               R"(,"if_unchanged_since":)", json::Quoted(options_.if_unchanged_since),
               R"(,"drop_dangling":)", options_.drop_dangling ? "true" : "false", "}");
  }

  absl::Status AddPart(const RecordPart& part) {
    if (part.json.size() > kMaxPartBytes) {
      return Error(Reason::RECORD_TOO_LARGE,
                   Cat("A part of a record has ", part.json.size(), " bytes, at most ",
                       kMaxPartBytes, " are allowed"),
                   "Split longer records into parts, and mark them as continued.");
    }
    checksum_.Update(part.json);
    if (!part.continued) checksum_.Update("\n");
    if (part.section == Section::kSnapshots) {
      if (in_environment_) return Interrupted("a snapshot");
      return AddSnapshotPart(part);
    }
    if (!pending_.empty()) return Interrupted("an environment");
    return AddEnvironmentPart(part);
  }

  static absl::Status Interrupted(std::string_view what) {
    return Error(Reason::STREAM_OUT_OF_ORDER,
                 Cat("The parts of a record are interrupted by ", what),
                 "All parts of a record follow one another.");
  }

  absl::Status AddSnapshotPart(const RecordPart& part) {
    if (!part.continued && pending_.empty()) return AddSnapshot(part.json, part.identifier);
    pending_.append(part.json);
    if (pending_.size() > kMaxSnapshotBytes) {
      return Error(Reason::RECORD_TOO_LARGE,
                   Cat("snapshots[", counts_.snapshots, "] is longer than ",
                       kMaxSnapshotBytes >> 20, " MiB"),
                   "A snapshot of that size is most likely a seed that belongs in a table.");
    }
    if (part.continued) return absl::OkStatus();
    absl::Status status = AddSnapshot(pending_, part.identifier);
    pending_.clear();
    return status;
  }

  // Adds the record's name after SQLMesh's own message.
  absl::Status OfRecord(const absl::Status& status) const {
    Facts facts = FactsOf(status);
    std::string where = Cat("snapshots[", counts_.snapshots - 1, "]");
    std::string suffix = Cat(" (", where);
    if (!facts["record"].empty()) AppendTo(&suffix, ": ", facts["record"]);
    if (!facts["identifier"].empty()) AppendTo(&suffix, " ", facts["identifier"]);
    return WithFact(WithSuffix(status, suffix + ")"), "path", where);
  }

  // `claimed` is the identifier that the sender states, if any.
  absl::Status AddSnapshot(std::string_view json, std::string_view claimed) {
    ++counts_.snapshots;
    if (replayed()) return absl::OkStatus();
    absl::StatusOr<state::DecodedSnapshot> snapshot = codec_.Decode(json);
    if (!snapshot.ok()) return OfRecord(snapshot.status());
    if (!claimed.empty() && claimed != snapshot->identifier) {
      return OfRecord(Error(Reason::IDENTIFIER_MISMATCH,
                            Cat("The identifier ", claimed,
                                " does not follow from the "
                                "fingerprint, which gives ",
                                snapshot->identifier),
                            "The record was edited: export the state again.",
                            {{"record", snapshot->name}, {"identifier", std::string(claimed)}}));
    }
    known_.insert(KeyOf(snapshot->name, snapshot->identifier));
    counts_.intervals +=
        static_cast<int64_t>(snapshot->intervals.size() + snapshot->dev_intervals.size() +
                             snapshot->pending_restatement_intervals.size());
    counts_.auto_restatements += snapshot->next_auto_restatement_ts.value_or(0) != 0;
    if (snapshot->seed_kept_hydrated) hydrated_seeds_.Add(snapshot->name);
    RETURN_IF_ERROR(stage_->AddSnapshot(*snapshot));
    if (counts_.snapshots == 2) FAILPOINT("import.mid_copy");
    return absl::OkStatus();
  }

  absl::Status AddEnvironmentPart(const RecordPart& part) {
    if (!in_environment_) {
      ++counts_.environments;
      if (part.name.empty()) {
        return Error(Reason::ARGUMENT_INVALID, "An environment's record has no name", "",
                     {{"field", "records.name"}});
      }
      if (!replayed()) environment_import_->Begin(part.name);
    }
    in_environment_ = part.continued;
    if (replayed()) return absl::OkStatus();
    RETURN_IF_ERROR(environment_import_->Feed(part.json));
    if (part.continued) return absl::OkStatus();
    RETURN_IF_ERROR(environment_import_->End());
    counts_.statements += environment_import_->has_statements();
    return absl::OkStatus();
  }

  absl::Status CheckTotals(const ImportTotals& totals) {
    if (in_environment_ || !pending_.empty()) {
      return Error(Reason::FILE_TRUNCATED, "The commit came in the middle of a record",
                   "Send all parts of the record before the commit.");
    }
    if (totals.snapshots != counts_.snapshots || totals.environments != counts_.environments) {
      return Error(
          Reason::CHECKSUM_MISMATCH,
          Cat("The sender counted ", totals.snapshots, " snapshots and ", totals.environments,
              " environments, ", counts_.snapshots, " and ", counts_.environments, " arrived"),
          "Send the import again.");
    }
    checksum_hex_ = checksum_.FinishHex();
    if (totals.checksum != checksum_hex_) {
      return Error(Reason::CHECKSUM_MISMATCH,
                   Cat("The records' checksum is ", checksum_hex_, ", the sender's is ",
                       totals.checksum.empty() ? "missing" : totals.checksum),
                   "Send the import again.");
    }
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
    result->changes.notes.insert(result->changes.notes.begin(), notes.begin(), notes.end());
    result->file = counts_;
    result->checksum = checksum_hex_;
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
    if (outcome->result.checksum == checksum_hex_) return absl::OkStatus();
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
  std::unique_ptr<EnvironmentImport> environment_import_;
  state::SnapshotCodec codec_;
  std::string pending_;          // parts of the current snapshot
  bool in_environment_ = false;  // true while an environment is incomplete
  Counts counts_;
  NoteCounter hydrated_seeds_;
  Sha256 checksum_;
  std::string checksum_hex_;
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
