// SPDX-License-Identifier: Apache-2.0
//
// The names of the tables that SQLMesh keeps a snapshot's data in.
#pragma once

#include <functional>
#include <string>
#include <string_view>

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

}  // namespace stateserver::maintenance
