// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/importer.h"

#include "common/error.h"
#include "common/failpoint.h"
#include "common/text.h"
#include "common/uuid.h"
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

// Checks the file's header, in SQLMesh's order and with its messages.
absl::Status CheckFile(const ImportOptions& options) {
  if (!options.dry_run && !IsUuid(options.operation_id)) {
    return Error(Reason::ARGUMENT_INVALID,
                 Cat("Operation id '", options.operation_id, "' is not a UUID"),
                 "Leave it out to use a generated one.", {{"field", "begin.operation_id"}});
  }
  return CheckFileHeader(options.file_version, options.importable);
}

class ImporterImpl final : public Importer {
 public:
  ImporterImpl(postgres::Pool& pool, const CallContext& context, ImportOptions options,
               ImportHooks hooks)
      : pool_(pool), context_(context), options_(std::move(options)), hooks_(std::move(hooks)) {}

  ~ImporterImpl() override {
    if (session() != nullptr) session()->Rollback();
    if (operation_ != nullptr && !finished_) {
      operation_->Fail(last_error_.ok()
                           ? Error(Reason::CANCELLED, "The import ended before its commit")
                           : last_error_);
    }
  }

  absl::Status Begin() {
    ASSIGN_OR_RETURN(session_, pool_.Acquire(context_));
    absl::Status allowed = CheckWithoutRecords();
    if (!allowed.ok()) {
      session_.reset();  // recording uses a separate session
      if (!options_.dry_run) operations::RecordRefused(pool_, Request(), allowed);
      return allowed;
    }
    if (!options_.dry_run) RETURN_IF_ERROR(BeginOperation());
    if (replay_.has_value()) return absl::OkStatus();
    FAILPOINT("import.before_staging");
    RETURN_IF_ERROR(session()->Begin(postgres::Isolation::kReadCommitted));
    ASSIGN_OR_RETURN(stage_, Stage::Create(*session()));
    environment_import_ = std::make_unique<EnvironmentImport>(*stage_, known_);
    return absl::OkStatus();
  }

  const store::Versions& state_versions() const override { return versions_; }
  int64_t snapshots() const override { return counts_.snapshots; }
  int64_t environments() const override { return counts_.environments; }

  absl::Status Part(const RecordPart& part) override { return Remember(AddPart(part)); }

  absl::StatusOr<ImportResult> Commit(const ImportTotals& totals) override {
    absl::StatusOr<ImportResult> result = DoCommit(totals);
    if (!result.ok()) last_error_ = result.status();
    return result;
  }

 private:
  // Returns the operation's session once it exists, because it holds the lock on the id.
  postgres::Session* session() {
    return operation_ != nullptr ? &operation_->session() : session_.get();
  }

  absl::Status Remember(absl::Status status) {
    if (!status.ok()) last_error_ = status;
    return status;
  }

  absl::Status CheckWithoutRecords() {
    RETURN_IF_ERROR(CheckVersions());
    RETURN_IF_ERROR(CheckFile(options_));
    return store::CheckSameRelease(options_.file_versions, versions_);
  }

  absl::Status CheckVersions() {
    ASSIGN_OR_RETURN(auto versions, store::ReadVersions(*session(), options_.schema));
    if (!versions.has_value()) return store::NotMigrated(options_.database, options_.schema);
    RETURN_IF_ERROR(store::CheckCurrent(*versions));
    versions_ = *std::move(versions);
    return absl::OkStatus();
  }

  std::string ArgumentsJson() const {
    auto text = [](std::string_view value) {
      std::string out = "\"";
      for (char c : value) {
        if (c == '"' || c == '\\') out.push_back('\\');
        if (static_cast<unsigned char>(c) >= 0x20) out.push_back(c);
      }
      return out + "\"";
    };
    return Cat("{\"mode\":", text(options_.mode == ImportMode::kReplace ? "replace" : "merge"),
               ",\"file_timestamp\":", text(options_.file_timestamp),
               ",\"file_sqlmesh_version\":", text(options_.file_versions.sqlmesh_version),
               ",\"if_unchanged_since\":", text(options_.if_unchanged_since),
               ",\"drop_dangling\":", options_.drop_dangling ? "true" : "false", "}");
  }

  operations::OperationRequest Request() const {
    operations::OperationRequest request;
    request.id = options_.operation_id;
    request.kind = KindName(options_.mode);
    request.arguments_json = ArgumentsJson();
    request.gateway = options_.gateway;
    request.state_schema = options_.schema;
    operations::SetCaller(context_, &request);
    return request;
  }

  absl::Status BeginOperation() {
    session_.reset();  // the operation uses its connection
    ASSIGN_OR_RETURN(operations::BeginOutcome outcome,
                     operations::Begin(pool_, context_, Request()));
    operation_ = std::move(outcome.running);
    replay_ = std::move(outcome.finished);
    return absl::OkStatus();
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
    if (replay_.has_value()) return absl::OkStatus();
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
      if (!replay_.has_value()) environment_import_->Begin(part.name);
    }
    in_environment_ = part.continued;
    if (replay_.has_value()) return absl::OkStatus();
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

  absl::StatusOr<ImportResult> DoCommit(const ImportTotals& totals) {
    RETURN_IF_ERROR(CheckTotals(totals));
    if (replay_.has_value()) return Replay();
    RETURN_IF_ERROR(stage_->Flush());
    RETURN_IF_ERROR(CheckStagedDuplicates(*session()));
    FAILPOINT("import.after_staging");
    hooks_.phase(ImportPhase::kLock);
    RETURN_IF_ERROR(postgres::LockState(*session(), pool_, context_, options_.schema,
                                        store::StateTables(), options_.lock_timeout));
    RETURN_IF_ERROR(CheckUnderLock());
    ImportResult result;
    result.file = counts_;
    result.dry_run = options_.dry_run;
    std::vector<Note> notes;
    RETURN_IF_ERROR(ResolveReferences(*session(), options_.schema, options_.mode,
                                      options_.drop_dangling, &notes));
    RETURN_IF_ERROR(TakeRestorePoint(&result));
    hooks_.phase(ImportPhase::kMerge);
    ASSIGN_OR_RETURN(result.changes, ApplyStage(*session(), options_.schema, options_.mode));
    hydrated_seeds_.AppendTo("hydrated_seed",
                             "seeds were stored with their content, because SQLMesh's hash of a "
                             "column cannot be reproduced with certainty",
                             &notes);
    result.changes.notes.insert(result.changes.notes.begin(), notes.begin(), notes.end());
    if (options_.dry_run) {
      session()->Rollback();
      return result;
    }
    return Finish(std::move(result));
  }

  // Repeats checks whose result may have changed before the lock was acquired.
  absl::Status CheckUnderLock() {
    RETURN_IF_ERROR(CheckVersions());
    RETURN_IF_ERROR(store::CheckSameRelease(options_.file_versions, versions_));
    if (options_.if_unchanged_since.empty()) return absl::OkStatus();
    return CheckStateToken(*session(), options_.schema, versions_, options_.if_unchanged_since);
  }

  absl::Status TakeRestorePoint(ImportResult* result) {
    if (options_.mode != ImportMode::kReplace || options_.dry_run) return absl::OkStatus();
    hooks_.phase(ImportPhase::kRestorePoint);
    ASSIGN_OR_RETURN(
        restore_points::RestorePoint point,
        restore_points::TakeRestorePoint(
            *session(), pool_, context_,
            {options_.schema, std::string(KindName(options_.mode)), options_.operation_id}));
    result->restore_point_id = point.id;
    return absl::OkStatus();
  }

  absl::StatusOr<ImportResult> Finish(ImportResult result) {
    std::string details = hooks_.to_json(result);
    // The records' checksum is part of what a retry must repeat.
    details = details.empty() || details == "{}"
                  ? Cat("{\"checksum\":\"", checksum_hex_, "\"}")
                  : Cat("{\"checksum\":\"", checksum_hex_, "\",", details.substr(1));
    RETURN_IF_ERROR(operation_->Finish(details, result.restore_point_id));
    hooks_.phase(ImportPhase::kCommit);
    FAILPOINT("import.before_commit");
    absl::Status committed = session()->Commit();
    FAILPOINT("import.after_commit");
    ASSIGN_OR_RETURN(result.operation, operation_->Settle(committed));
    finished_ = true;
    if (options_.mode == ImportMode::kReplace) Prune(&result);
    FAILPOINT("import.before_reply");
    return result;
  }

  // Best effort: a surplus restore point does no harm.
  void Prune(ImportResult* result) {
    auto removed =
        restore_points::Prune(pool_, context_, options_.schema, options_.restore_points_keep,
                              options_.restore_points_max_age);
    if (!removed.ok() || removed->empty()) return;
    NoteCounter counter;
    for (const std::string& id : *removed) counter.Add(id);
    counter.AppendTo("restore_points_removed", "restore points over the limits were removed",
                     &result->changes.notes);
  }

  absl::StatusOr<ImportResult> Replay() {
    if (replay_->details_json.find(Cat("\"checksum\":\"", checksum_hex_, "\"")) ==
        std::string::npos) {
      return Error(
          Reason::OPERATION_ID_REUSED,
          Cat("Operation '", options_.operation_id, "' was run before with different records"),
          "Use a new operation id for another import.", {{"operation", options_.operation_id}});
    }
    ImportResult result;
    result.operation = *replay_;
    result.file = counts_;
    result.replayed_details_json = replay_->details_json;
    finished_ = true;
    return result;
  }

  postgres::Pool& pool_;
  const CallContext& context_;
  const ImportOptions options_;
  const ImportHooks hooks_;

  store::Versions versions_;
  std::unique_ptr<postgres::Session> session_;
  std::unique_ptr<operations::RunningOperation> operation_;
  std::optional<operations::OperationRecord> replay_;
  bool finished_ = false;
  absl::Status last_error_;

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

absl::StatusOr<std::unique_ptr<Importer>> Importer::Begin(postgres::Pool& pool,
                                                          const CallContext& context,
                                                          ImportOptions options,
                                                          ImportHooks hooks) {
  auto importer =
      std::make_unique<ImporterImpl>(pool, context, std::move(options), std::move(hooks));
  RETURN_IF_ERROR(importer->Begin());
  return importer;
}

}  // namespace stateserver::transfer
