// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/older_load.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::transfer {
namespace {

// What simdjson can parse at once, and far more than any record that was met.
constexpr size_t kMaxRecordBytes = size_t{1} << 30;

absl::Status Duplicate(std::string_view what, std::string_view path) {
  return Error(Reason::RECORD_DUPLICATE, Cat(what, " is in the file twice (", path, ")"),
               "Export the state again.", {{"path", std::string(path)}});
}

}  // namespace

OlderLoad::OlderLoad(postgres::Session& session, std::string schema, int schema_version,
                     int64_t now)
    : schema_version_(schema_version),
      rows_(session, std::move(schema), store::Layout(schema_version), now) {}

absl::Status OlderLoad::Part(const RecordPart& part) {
  if (part.json.size() > kMaxPartBytes) {
    return Error(Reason::RECORD_TOO_LARGE,
                 Cat("a part of a record has ", part.json.size(), " bytes, at most ", kMaxPartBytes,
                     " are allowed"),
                 "Split longer records into parts and mark them as continued.");
  }
  if (in_record_ && part.section != section_) {
    return Error(Reason::STREAM_OUT_OF_ORDER, "the parts of a record are interrupted by another",
                 "All parts of a record follow one another.");
  }
  checksum_.Update(part.json);
  if (!in_record_) {
    section_ = part.section;
    name_ = part.name;
  }
  if (!part.continued) checksum_.Update("\n");
  if (!part.continued && !in_record_) return Record(part.json);
  pending_.append(part.json);
  if (pending_.size() > kMaxRecordBytes) {
    return Error(Reason::RECORD_TOO_LARGE,
                 Cat("a record is longer than ", kMaxRecordBytes >> 20, " MiB"));
  }
  in_record_ = part.continued;
  if (in_record_) return absl::OkStatus();
  std::string whole = std::move(pending_);
  pending_.clear();
  return Record(whole);
}

absl::Status OlderLoad::Record(std::string_view json) {
  return section_ == Section::kSnapshots ? Snapshot(json) : Environment(json);
}

absl::Status OlderLoad::Snapshot(std::string_view json) {
  std::string path = Cat("snapshots[", counts_.snapshots++, "]");
  absl::StatusOr<state::DecodedSnapshot> snapshot = codec_.DecodeOlder(json, schema_version_);
  if (!snapshot.ok()) {
    Facts facts = FactsOf(snapshot.status());
    std::string suffix = Cat(" (", path);
    if (!facts["record"].empty()) AppendTo(&suffix, ": ", facts["record"]);
    if (!facts["identifier"].empty()) AppendTo(&suffix, " ", facts["identifier"]);
    return WithFact(WithSuffix(snapshot.status(), suffix + ")"), "path", path);
  }
  if (!snapshots_.insert(KeyOf(snapshot->name, snapshot->identifier)).second) {
    return Duplicate(Cat("snapshot ", snapshot->name, " ", snapshot->identifier), path);
  }
  counts_.intervals +=
      static_cast<int64_t>(snapshot->intervals.size() + snapshot->dev_intervals.size() +
                           snapshot->pending_restatement_intervals.size());
  counts_.auto_restatements += snapshot->next_auto_restatement_ts.value_or(0) != 0;
  if (snapshot->seed_kept_hydrated) hydrated_seeds_.Add(snapshot->name);
  return rows_.AddSnapshot(*snapshot);
}

absl::Status OlderLoad::Environment(std::string_view json) {
  ++counts_.environments;
  if (name_.empty()) {
    return Error(Reason::ARGUMENT_INVALID, "an environment's record has no name", "",
                 {{"field", "records.name"}});
  }
  if (!environments_.insert(KeyOf(name_, "")).second) {
    return Duplicate(Cat("environment '", name_, "'"), Cat("environments.", name_));
  }
  bool has_statements = false;
  RETURN_IF_ERROR(rows_.AddEnvironment(name_, json, &has_statements));
  counts_.statements += has_statements;
  return absl::OkStatus();
}

absl::Status OlderLoad::Finish(const ImportTotals& totals) {
  if (in_record_) {
    return Error(Reason::FILE_TRUNCATED, "the commit came in the middle of a record",
                 "Send all parts of the record before the commit.");
  }
  if (totals.snapshots != counts_.snapshots || totals.environments != counts_.environments ||
      totals.checksum != checksum_.FinishHex()) {
    return Error(Reason::CHECKSUM_MISMATCH,
                 Cat("the sender counted ", totals.snapshots, " snapshots and ",
                     totals.environments, " environments of another checksum than the ",
                     counts_.snapshots, " and ", counts_.environments, " that arrived"),
                 "Send the file again.");
  }
  return rows_.Finish();
}

std::vector<Note> OlderLoad::Notes() const {
  std::vector<Note> notes;
  hydrated_seeds_.AppendTo("hydrated_seed",
                           "seeds kept their content, since SQLMesh's hash of a column cannot be "
                           "reproduced with certainty",
                           &notes);
  return notes;
}

}  // namespace stateserver::transfer
