// SPDX-License-Identifier: Apache-2.0
//
// The names of the tables that SQLMesh keeps a snapshot's data in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::maintenance {

// What of a stored snapshot decides about the names; views of its document.
struct TableNaming {
  std::string_view name;  // `"catalog"."schema"."table"`, fewer parts allowed
  std::string physical_schema;
  std::string_view base_table_name_override;  // empty: none
  std::string_view dev_table_suffix = "dev";
  std::string_view convention = "schema_and_table";
  bool dev_only = false;  // virtual_environment_mode
};

// The physical schema of a model whose snapshot names none: `sqlmesh__SCHEMA`.
std::string DefaultPhysicalSchema(std::string_view name);

using Md5Hex = std::function<absl::StatusOr<std::string>(const std::string&)>;

// As Snapshot.table_name of SQLMesh says it: of the deployable table with
// `version`, or of the development table with the dev_version. `md5` is asked
// under the convention hash_md5.
absl::StatusOr<std::string> PhysicalTableName(const TableNaming& naming, std::string_view version,
                                              bool is_dev, const Md5Hex& md5);

// Which physical tables nobody uses once some snapshots of a model are gone.

struct VersionedSnapshot {
  std::string identifier;
  std::string version;
  std::string dev_version;
  int64_t updated_ts = 0;
  bool expired = false;
};

struct CleanupTarget {
  size_t snapshot = 0;  // index of the one whose tables go
  // Others still use the deployable table: only the development one goes.
  bool dev_table_only = false;
};

// `snapshots` are all of one name. The rule of SQLMesh's get_expired_snapshots,
// taken for one expired snapshot after the other, oldest first: the development
// table goes with the last snapshot of (version, dev_version), the deployable
// one with the last of the version. (SQLMesh decides for up to 200 at once,
// which leaves tables behind where two versions share a dev_version.)
std::vector<CleanupTarget> CleanupTargets(std::span<const VersionedSnapshot> snapshots);

}  // namespace stateserver::maintenance
