// SPDX-License-Identifier: Apache-2.0
//
// What the steps do to one snapshot. Each gets a row that passed CheckShape and
// every step before it, and answers whether it changed the row or, for those
// that only look, whether SQLMesh warns because of it. Numbers are SQLMesh's.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/sqlmesh/migrations/steps/snapshot_pass.h"

namespace stateserver::migrations {

// 63: `signals` were tuples of assignments, as SQL; now ["", {name: sql}].
absl::StatusOr<bool> ChangeSignals(SnapshotRow& row);
// 64: kind.when_matched was a list of WHEN clauses; now one text.
absl::StatusOr<bool> JoinWhenMatched(SnapshotRow& row);
// 69: dev_table_suffix "temp" (the suffix the tables have); temp_version is
// called dev_version. Also in previous_versions.
absl::StatusOr<bool> RenameTempVersion(SnapshotRow& row);
// The same for an element of an environment's list. False when `info` or one of
// its previous versions is no object.
bool RenameTempVersionOf(Draft& info);
// 71: every snapshot says its version and dev_version.
absl::StatusOr<bool> AddDevVersion(SnapshotRow& row);
// 73: no kind.disable_restatement for embedded and external models.
absl::StatusOr<bool> DropDisableRestatement(SnapshotRow& row);
// 75: no validate_query.
absl::StatusOr<bool> DropValidateQuery(SnapshotRow& row);
// 78 warns: macros of metadata-only statements are metadata now.
absl::StatusOr<bool> MixesMetadataMacros(SnapshotRow& row);
// 81: partitioned_by "(x)" becomes "x".
absl::StatusOr<bool> UnwrapPartitions(SnapshotRow& row);
// 82 warns: a statement stands twice in a row.
absl::StatusOr<bool> RepeatsStatement(SnapshotRow& row);
// 86 warns: dictionaries that 85 of some releases left in an order of chance.
absl::StatusOr<bool> HoldsDictionary(SnapshotRow& row);
// 88 warns: variables of blueprints, or in metadata-only expressions.
absl::StatusOr<bool> UsesVariables(SnapshotRow& row);
// 90: the column forward_only.
absl::StatusOr<bool> FillForwardOnly(SnapshotRow& row);
// 92 warns: a dbt model with columns.
absl::StatusOr<bool> IsDbtWithColumns(SnapshotRow& row);
// 94: the columns dev_version and fingerprint.
absl::StatusOr<bool> FillFingerprint(SnapshotRow& row);
// 95 warns: a dbt model.
absl::StatusOr<bool> IsDbt(SnapshotRow& row);
// 98: dbt_name becomes dbt_node_info.
absl::StatusOr<bool> ReplaceDbtName(SnapshotRow& row);

struct RowStep {
  int number;
  absl::StatusOr<bool> (*apply)(SnapshotRow&);
  std::string_view warning;  // SQLMesh's sentence; empty: the step rewrites
};

// In order; without those that need Python (85, 87, 102).
const std::vector<RowStep>& RowSteps();

}  // namespace stateserver::migrations
