// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/record_stream.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/transfer/state_scan.h"

namespace stateserver::transfer {

void NoteCounter::Add(std::string_view record) {
  ++count_;
  if (records_.size() < kMaxNoteRecords) records_.emplace_back(record);
}

void NoteCounter::AppendTo(std::string_view kind, std::string_view message,
                           std::vector<Note>* notes) const {
  if (count_ == 0) return;
  notes->push_back({std::string(kind), count_, std::string(message), records_});
}

void RecordStream::Begin(Section section, std::string_view name, std::string_view identifier) {
  section_ = section;
  name_ = name;
  identifier_ = identifier;
  buffer_.clear();
}

absl::Status RecordStream::Send(std::string_view json, bool continued) {
  checksum_.Update(json);
  return sink_.Part({section_, name_, identifier_, json, continued});
}

absl::Status RecordStream::Append(std::string_view json) {
  // At least one byte stays in the buffer, so that End() knows which part is the last.
  while (buffer_.size() + json.size() > kMaxPartBytes) {
    size_t take = kMaxPartBytes - buffer_.size();
    buffer_.append(json.substr(0, take));
    json.remove_prefix(take);
    RETURN_IF_ERROR(Send(buffer_, /*continued=*/true));
    buffer_.clear();
  }
  buffer_.append(json);
  return absl::OkStatus();
}

absl::Status RecordStream::End() {
  RETURN_IF_ERROR(Send(buffer_, /*continued=*/false));
  checksum_.Update("\n");
  return absl::OkStatus();
}

absl::Status RecordStream::Record(Section section, std::string_view name,
                                  std::string_view identifier, std::string_view json) {
  if (json.size() > kMaxPartBytes) {
    Begin(section, name, identifier);
    RETURN_IF_ERROR(Append(json));
    return End();
  }
  checksum_.Update(json);
  checksum_.Update("\n");
  return sink_.Part({section, name, identifier, json, false});
}

namespace {

absl::Status NotFound(std::string_view name, std::string_view identifier) {
  return Error(Reason::SNAPSHOT_NOT_FOUND,
               identifier.empty()
                   ? Cat("No snapshot named '", name, "'.")
                   : Cat("No snapshot named '", name, "' has the identifier '", identifier, "'."),
               "Name one that ListSnapshots returns.",
               {{"record", std::string(name)}, {"identifier", std::string(identifier)}});
}

}  // namespace

absl::StatusOr<OneSnapshot> ReadSnapshot(postgres::Session& session, std::string_view schema,
                                         const store::Versions& versions, std::string_view name,
                                         std::string_view identifier) {
  store::Layout layout(versions.schema_version);
  ASSIGN_OR_RETURN(auto named, store::SnapshotsNamed(session, schema, layout, name));
  OneSnapshot one;
  bool found = false;
  for (store::SnapshotSummary& summary : named) {
    bool this_one = !found && (identifier.empty() || summary.identifier == identifier);
    if (this_one) {
      one.summary = std::move(summary);
      found = true;
    } else {
      one.others.push_back(std::move(summary.identifier));
    }
  }
  if (!found) return NotFound(name, identifier);
  StateScan scan(session, std::string(schema), versions);
  RETURN_IF_ERROR(
      scan.Snapshot(one.summary.name, one.summary.identifier, [&](const ScannedSnapshot& snapshot) {
        one.json = snapshot.json;
        return snapshot.status;
      }));
  ASSIGN_OR_RETURN(auto environments, store::ReadEnvironments(session, schema, layout, {}));
  for (const store::EnvironmentRow& row : environments) {
    bool uses = false;
    RETURN_IF_ERROR(scan.References(row, [&](const store::TableInfo& info) {
      uses |= info.name == one.summary.name && info.identifier == one.summary.identifier;
    }));
    if (uses) one.environments.push_back(row.name);
  }
  return one;
}

}  // namespace stateserver::transfer
