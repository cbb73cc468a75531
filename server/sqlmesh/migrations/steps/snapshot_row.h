// SPDX-License-Identifier: Apache-2.0
//
// A row of `_snapshots` on its way through the steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlmesh/migrations/steps/draft.h"

namespace stateserver::migrations {

class SnapshotRow {
 public:
  // `json` is valid JSON.
  SnapshotRow(std::string name, std::string identifier, std::string json);
  SnapshotRow(const SnapshotRow&) = delete;
  SnapshotRow& operator=(const SnapshotRow&) = delete;

  // Columns.
  const std::string name;
  const std::string identifier;
  std::optional<std::string> kind_name;
  std::optional<std::string> version;

  // Columns that 90 and 94 fill; not written unless set here.
  std::optional<bool> forward_only;
  bool fills_fingerprint = false;
  std::optional<std::string> dev_version;
  std::string fingerprint;

  // 71: the dev versions of this snapshot and of its previous versions.
  struct DevVersion {
    std::string identifier;
    std::string dev_version;
    bool own;
  };
  std::vector<DevVersion> dev_versions;

  Draft& document() { return document_; }
  // The document's `node`, an object once CheckShape has passed.
  Draft& node() { return *document_.Find("node"); }
  // STATE_CORRUPT unless the document is an object with an object `node`.
  absl::Status CheckShape();

  // The member as an object; null when it is absent or not truthy (for Python
  // an empty object and null are alike). STATE_CORRUPT for another kind.
  // `path` is how sentences name it: "node.kind".
  absl::StatusOr<Draft*> Object(Draft& parent, std::string_view key, std::string_view path);
  absl::StatusOr<Draft*> Array(Draft& parent, std::string_view key, std::string_view path);
  // A member that must be a text, for example of `fingerprint`.
  absl::StatusOr<std::string> Text(Draft& parent, std::string_view key, std::string_view path);

  // The text now, in the spacing it had.
  std::string Json() const;

  // STATE_CORRUPT: "snapshot NAME (IDENTIFIER): PATH WHAT".
  absl::Status Corrupt(std::string_view path, std::string_view what) const;

 private:
  const std::string json_;
  Draft document_;
};

// The same error for a row of which no document could be made.
absl::Status CorruptSnapshot(std::string_view name, std::string_view identifier,
                             std::string_view path, std::string_view what);

}  // namespace stateserver::migrations
