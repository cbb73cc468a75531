// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/snapshot_row.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::migrations {

SnapshotRow::SnapshotRow(std::string row_name, std::string row_identifier, std::string json)
    : name(std::move(row_name)),
      identifier(std::move(row_identifier)),
      json_(std::move(json)),
      document_(Trimmed(json_)) {}

absl::Status SnapshotRow::CheckShape() {
  if (!document_.IsObject()) return Corrupt("snapshot", "is no JSON object");
  Draft* node = document_.Find("node");
  if (node == nullptr) return Corrupt("node", "is missing");
  if (!node->IsObject()) return Corrupt("node", "is no JSON object");
  return absl::OkStatus();
}

absl::StatusOr<Draft*> SnapshotRow::Object(Draft& parent, std::string_view key,
                                           std::string_view path) {
  Draft* value = parent.FindTruthy(key);
  if (value != nullptr && !value->IsObject()) return Corrupt(path, "is no JSON object");
  return value;
}

absl::StatusOr<Draft*> SnapshotRow::Array(Draft& parent, std::string_view key,
                                          std::string_view path) {
  Draft* value = parent.FindTruthy(key);
  if (value != nullptr && !value->IsArray()) return Corrupt(path, "is no JSON array");
  return value;
}

absl::StatusOr<std::string> SnapshotRow::Text(Draft& parent, std::string_view key,
                                              std::string_view path) {
  Draft* value = parent.Find(key);
  if (value == nullptr) return Corrupt(path, "is missing");
  if (!value->IsString()) return Corrupt(path, "is no text");
  return value->Text();
}

std::string SnapshotRow::Json() const {
  std::string out;
  out.reserve(json_.size() + 128);
  document_.Write(IsSpaced(json_), &out);
  return out;
}

absl::Status SnapshotRow::Corrupt(std::string_view path, std::string_view what) const {
  return CorruptSnapshot(name, identifier, path, what);
}

absl::Status CorruptSnapshot(std::string_view name, std::string_view identifier,
                             std::string_view path, std::string_view what) {
  return Error(Reason::STATE_CORRUPT,
               Cat("snapshot ", name, " (", identifier, "): ", path, " ", what),
               "Correct the row in _snapshots, or restore it from a backup, and migrate again; "
               "nothing was changed.",
               {{"record", std::string(name)},
                {"identifier", std::string(identifier)},
                {"field", std::string(path)}});
}

}  // namespace stateserver::migrations
