// SPDX-License-Identifier: Apache-2.0
//
// The effect of each step on one snapshot. Each function receives a row that passed CheckShape and
// every earlier step. It returns true if it changed the row or, for steps that only inspect, if
// SQLMesh warns about the row. The numbers are those of SQLMesh's migrations.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/sqlmesh/migrations/steps/snapshot_pass.h"

namespace stateserver::migrations {

// 63: converts `signals` from tuples of assignments, as SQL, to ["", {name: sql}].
absl::StatusOr<bool> ChangeSignals(SnapshotRow& row);
// 64: converts kind.when_matched from a list of WHEN clauses to one text.
absl::StatusOr<bool> JoinWhenMatched(SnapshotRow& row);
// 69: sets dev_table_suffix to "temp" (the suffix of the existing tables) and renames temp_version
// to dev_version, also in previous_versions.
absl::StatusOr<bool> RenameTempVersion(SnapshotRow& row);
// Does the same for an element of an environment's list. Returns false if `info` or one of its
// previous versions is not an object.
bool RenameTempVersionOf(Draft& info);
// 71: adds version and dev_version to every snapshot.
absl::StatusOr<bool> AddDevVersion(SnapshotRow& row);
// 73: removes kind.disable_restatement from embedded and external models.
absl::StatusOr<bool> DropDisableRestatement(SnapshotRow& row);
// 75: removes validate_query.
absl::StatusOr<bool> DropValidateQuery(SnapshotRow& row);
// 78 warns if macros of metadata-only statements become metadata.
absl::StatusOr<bool> MixesMetadataMacros(SnapshotRow& row);
// 81: changes partitioned_by "(x)" to "x".
absl::StatusOr<bool> UnwrapPartitions(SnapshotRow& row);
// 82 warns if a statement occurs twice in a row.
absl::StatusOr<bool> RepeatsStatement(SnapshotRow& row);
// 86 warns about dictionaries that 85 of some releases left in an arbitrary order.
absl::StatusOr<bool> HoldsDictionary(SnapshotRow& row);
// 88 warns about variables of blueprints or in metadata-only expressions.
absl::StatusOr<bool> UsesVariables(SnapshotRow& row);
// 90: fills the column forward_only.
absl::StatusOr<bool> FillForwardOnly(SnapshotRow& row);
// 92 warns about a dbt model with columns.
absl::StatusOr<bool> IsDbtWithColumns(SnapshotRow& row);
// 94: fills the columns dev_version and fingerprint.
absl::StatusOr<bool> FillFingerprint(SnapshotRow& row);
// 95 warns about a dbt model.
absl::StatusOr<bool> IsDbt(SnapshotRow& row);
// 98: replaces dbt_name by dbt_node_info.
absl::StatusOr<bool> ReplaceDbtName(SnapshotRow& row);

struct RowStep {
  int number;
  absl::StatusOr<bool> (*apply)(SnapshotRow&);
  std::string_view warning;  // SQLMesh's message; empty if the step rewrites
};

// Returns the steps in order, except for those that need Python (85, 87, 102).
const std::vector<RowStep>& RowSteps();

}  // namespace stateserver::migrations
