// SPDX-License-Identifier: Apache-2.0
//
// The names of the tables in which SQLMesh stores a snapshot's data.
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

// TableNaming holds the properties of a stored snapshot that determine the names, as views of its
// document.
struct TableNaming {
  std::string_view name;  // `"catalog"."schema"."table"`, or fewer parts
  std::string physical_schema;
  std::string_view base_table_name_override;  // empty if not set
  std::string_view dev_table_suffix = "dev";
  std::string_view convention = "schema_and_table";
  bool dev_only = false;  // virtual_environment_mode
};

// Returns the physical schema of a model whose snapshot names none: `sqlmesh__SCHEMA`.
std::string DefaultPhysicalSchema(std::string_view name);

using Md5Hex = std::function<absl::StatusOr<std::string>(const std::string&)>;

// Returns the name that SQLMesh's Snapshot.table_name gives: that of the deployable table for
// `version`, or of the development table for the dev_version. Calls `md5` only for the convention
// hash_md5.
absl::StatusOr<std::string> PhysicalTableName(const TableNaming& naming, std::string_view version,
                                              bool is_dev, const Md5Hex& md5);

// VersionedSnapshot is one snapshot of a model, for CleanupTargets.
struct VersionedSnapshot {
  std::string identifier;
  std::string version;
  std::string dev_version;
  int64_t updated_ts = 0;
  bool expired = false;
};

struct CleanupTarget {
  size_t snapshot = 0;  // index of the snapshot whose tables are dropped
  // True if other snapshots still use the deployable table, so that only the development table is
  // dropped.
  bool dev_table_only = false;
};

// Returns the physical tables that become unused when the expired snapshots are deleted.
// `snapshots` are all snapshots of one name. Applies the rule of SQLMesh's get_expired_snapshots to
// one expired snapshot at a time, oldest first: the development table is dropped with the last
// snapshot of (version, dev_version), the deployable table with the last of the version. (SQLMesh
// decides for up to 200 snapshots at once, which leaves tables behind if two versions share a
// dev_version.)
std::vector<CleanupTarget> CleanupTargets(std::span<const VersionedSnapshot> snapshots);

}  // namespace stateserver::maintenance
