// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/incoming_records.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::transfer {
namespace {

// PostgreSQL's limit for one value is 1 GB, and the text of a snapshot is copied several times.
constexpr size_t kMaxSnapshotBytes = 256 << 20;

void AddTo(NoteCounter* counter, std::string_view record, const state::UnknownFields& fields) {
  if (!fields.any()) return;
  std::string more = fields.count == 1 ? "" : Cat(" and ", fields.count - 1, " more");
  counter->Add(Cat(record, ": ", fields.first, more));
}

}  // namespace

void UnknownFieldNotes::AddStored(std::string_view record, const state::UnknownFields& fields) {
  AddTo(&stored_, record, fields);
}

void UnknownFieldNotes::AddUnstored(std::string_view record, const state::UnknownFields& fields) {
  AddTo(&unstored_, record, fields);
}

void UnknownFieldNotes::AppendTo(std::vector<Note>* notes) const {
  stored_.AppendTo("unknown_fields",
                   "records have fields that this server does not know: they were stored as they "
                   "are, and only a SQLMesh that knows these fields can read the records",
                   notes);
  unstored_.AppendTo("unstored_fields",
                     "environments have fields that this server does not know: they were not "
                     "stored, because the state tables have no columns for them",
                     notes);
}

absl::Status IncomingRecords::Add(const RecordPart& part) {
  if (part.json.size() > kMaxPartBytes) {
    return Error(Reason::RECORD_TOO_LARGE,
                 Cat("A part of a record has ", part.json.size(), " bytes, at most ", kMaxPartBytes,
                     " are allowed"),
                 "Split longer records into parts, and mark them as continued.");
  }
  if (in_record_ && part.section != section_) {
    return Error(Reason::STREAM_OUT_OF_ORDER,
                 Cat("The parts of a record are interrupted by ",
                     part.section == Section::kSnapshots ? "a snapshot" : "an environment"),
                 "All parts of a record follow one another.");
  }
  checksum_.Update(part.json);
  if (!part.continued) checksum_.Update("\n");
  bool first = !in_record_;
  in_record_ = part.continued;
  section_ = part.section;
  return section_ == Section::kSnapshots ? AddSnapshotPart(part, first)
                                         : AddEnvironmentPart(part, first);
}

absl::Status IncomingRecords::AddSnapshotPart(const RecordPart& part, bool first) {
  if (first) ++counts_.snapshots;
  if (first && !part.continued) return receiver_.OnSnapshot(part.json, part.identifier);
  snapshot_.append(part.json);
  if (snapshot_.size() > kMaxSnapshotBytes) {
    return Error(Reason::RECORD_TOO_LARGE,
                 Cat("snapshots[", counts_.snapshots - 1, "] is longer than ",
                     kMaxSnapshotBytes >> 20, " MiB"),
                 "A snapshot of that size is most likely a seed that belongs in a table.");
  }
  if (part.continued) return absl::OkStatus();
  std::string whole = std::exchange(snapshot_, {});
  return receiver_.OnSnapshot(whole, part.identifier);
}

absl::Status IncomingRecords::AddEnvironmentPart(const RecordPart& part, bool first) {
  if (first) {
    ++counts_.environments;
    if (part.name.empty()) {
      return Error(Reason::ARGUMENT_INVALID, "An environment's record has no name", "",
                   {{"field", "records.name"}});
    }
    RETURN_IF_ERROR(receiver_.OnEnvironmentBegin(part.name));
  }
  RETURN_IF_ERROR(receiver_.OnEnvironmentPiece(part.json));
  return part.continued ? absl::OkStatus() : receiver_.OnEnvironmentEnd();
}

absl::Status IncomingRecords::CheckTotals(const SentTotals& totals) {
  if (in_record_) {
    return Error(Reason::FILE_TRUNCATED, "The commit came in the middle of a record",
                 "Send all parts of the record before the commit.");
  }
  if (totals.snapshots != counts_.snapshots || totals.environments != counts_.environments) {
    return Error(
        Reason::CHECKSUM_MISMATCH,
        Cat("The sender counted ", totals.snapshots, " snapshots and ", totals.environments,
            " environments, ", counts_.snapshots, " and ", counts_.environments, " arrived"),
        "Send the file again.");
  }
  checksum_hex_ = checksum_.FinishHex();
  if (totals.checksum != checksum_hex_) {
    return Error(Reason::CHECKSUM_MISMATCH,
                 Cat("The records' checksum is ", checksum_hex_, ", the sender's is ",
                     totals.checksum.empty() ? "missing" : totals.checksum),
                 "Send the file again.");
  }
  return absl::OkStatus();
}

void IncomingRecords::CountContents(const state::DecodedSnapshot& snapshot) {
  counts_.intervals +=
      static_cast<int64_t>(snapshot.intervals.size() + snapshot.dev_intervals.size() +
                           snapshot.pending_restatement_intervals.size());
  counts_.auto_restatements += snapshot.next_auto_restatement_ts.value_or(0) != 0;
}

absl::Status IncomingRecords::OfSnapshot(const absl::Status& status) const {
  Facts facts = FactsOf(status);
  std::string path = Cat("snapshots[", counts_.snapshots - 1, "]");
  std::string suffix = Cat(" (", path);
  if (!facts["record"].empty()) AppendTo(&suffix, ": ", facts["record"]);
  if (!facts["identifier"].empty()) AppendTo(&suffix, " ", facts["identifier"]);
  return WithFact(WithSuffix(status, suffix + ")"), "path", path);
}

}  // namespace stateserver::transfer
