// SPDX-License-Identifier: Apache-2.0
//
// Migrations 75 and 98: attributes of the node.
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"

namespace stateserver::migrations {

absl::StatusOr<bool> DropValidateQuery(SnapshotRow& row) {
  return row.node().Remove("validate_query");
}

absl::StatusOr<bool> ReplaceDbtName(SnapshotRow& row) {
  Draft* dbt_name = row.node().FindTruthy("dbt_name");
  if (dbt_name == nullptr) return false;
  // The next plan fills the other two members, as a change of metadata.
  std::string info = Cat("{\"unique_id\": ", dbt_name->raw(), ", \"name\": \"\", \"fqn\": \"\"}");
  row.node().Remove("dbt_name");
  row.node().Set("dbt_node_info", std::move(info));
  return true;
}

}  // namespace stateserver::migrations
