// SPDX-License-Identifier: Apache-2.0
//
// Migrations 69 and 71: the names of a snapshot's development tables.
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::migrations {
namespace {

void RenameIn(Draft& data) {
  data.SetText("dev_table_suffix", "temp");
  Draft* temp_version = data.Find("temp_version");
  if (temp_version == nullptr) return;
  std::string value(temp_version->raw());
  data.Remove("temp_version");
  data.Set("dev_version", std::move(value));
}

struct Hashes {
  std::string data, metadata, parent_data, parent_metadata;
  state::Fingerprint View() const { return {data, metadata, parent_data, parent_metadata}; }
};

absl::StatusOr<Hashes> ReadHashes(SnapshotRow& row, Draft& data, const std::string& path) {
  std::string of = path + "fingerprint";
  ASSIGN_OR_RETURN(Draft * fingerprint, row.Object(data, "fingerprint", of));
  if (fingerprint == nullptr) return row.Corrupt(of, "is missing");
  Hashes hashes;
  const std::pair<std::string_view, std::string*> fields[] = {
      {"data_hash", &hashes.data},
      {"metadata_hash", &hashes.metadata},
      {"parent_data_hash", &hashes.parent_data},
      {"parent_metadata_hash", &hashes.parent_metadata}};
  for (const auto& [key, into] : fields) {
    ASSIGN_OR_RETURN(*into, row.Text(*fingerprint, key, Cat(of, ".", key)));
  }
  return hashes;
}

absl::StatusOr<std::string> DevVersionOf(SnapshotRow& row, Draft& data, const Hashes& hashes,
                                         const std::string& path) {
  Draft* dev_version = data.FindTruthy("dev_version");
  if (dev_version == nullptr) return hashes.View().Version();
  if (!dev_version->IsString()) return row.Corrupt(path + "dev_version", "is not text");
  return dev_version->Text();
}

// Collects the versions that intervals of earlier snapshots may refer to.
absl::Status CollectPrevious(SnapshotRow& row) {
  ASSIGN_OR_RETURN(Draft * previous,
                   row.Array(row.document(), "previous_versions", "previous_versions"));
  if (previous == nullptr) return absl::OkStatus();
  for (size_t i = 0; i < previous->items().size(); ++i) {
    Draft& data = previous->items()[i];
    std::string path = Cat("previous_versions[", i, "].");
    if (!data.IsObject())
      return row.Corrupt(Cat("previous_versions[", i, "]"), "is not a JSON object");
    ASSIGN_OR_RETURN(Hashes hashes, ReadHashes(row, data, path));
    ASSIGN_OR_RETURN(std::string dev_version, DevVersionOf(row, data, hashes, path));
    row.dev_versions.push_back({hashes.View().Identifier(), std::move(dev_version), false});
  }
  return absl::OkStatus();
}

// Returns true if the member already is this text.
bool IsText(Draft* value, const std::string& text) {
  return value != nullptr && value->IsString() && value->Text() == text;
}

}  // namespace

bool RenameTempVersionOf(Draft& info) {
  if (!info.IsObject()) return false;
  RenameIn(info);
  Draft* previous = info.FindTruthy("previous_versions");
  if (previous == nullptr) return true;
  if (!previous->IsArray()) return false;
  for (Draft& data : previous->items()) {
    if (!data.IsObject()) return false;
    RenameIn(data);
  }
  return true;
}

absl::StatusOr<bool> RenameTempVersion(SnapshotRow& row) {
  if (RenameTempVersionOf(row.document())) return true;
  return row.Corrupt("previous_versions", "is not an array of JSON objects");
}

absl::StatusOr<bool> AddDevVersion(SnapshotRow& row) {
  Draft& document = row.document();
  Draft* version = document.FindTruthy("version");
  if (version != nullptr && !version->IsString()) return row.Corrupt("version", "is not text");
  std::optional<std::string> known = row.version;
  if (version != nullptr) known = version->Text();
  if (!known.has_value()) return row.Corrupt("version", "is missing, in the column as well");
  ASSIGN_OR_RETURN(Hashes hashes, ReadHashes(row, document, ""));
  ASSIGN_OR_RETURN(std::string dev_version, DevVersionOf(row, document, hashes, ""));
  bool changed = row.version != known || !IsText(document.Find("dev_version"), dev_version) ||
                 !IsText(version, *known);
  if (changed) {
    document.SetText("dev_version", dev_version);
    document.SetText("version", *known);
    row.version = known;
  }
  RETURN_IF_ERROR(CollectPrevious(row));
  row.dev_versions.push_back({row.identifier, std::move(dev_version), true});
  return changed;
}

}  // namespace stateserver::migrations
