// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/row_steps.h"

namespace stateserver::migrations {
namespace {

// SQLMesh's own messages.
constexpr std::string_view kMayDiffer =
    "SQLMesh detected that it may not be able to fully migrate the state database. This should not "
    "impact the migration process, but may result in unexpected changes being reported by the next "
    "`sqlmesh plan` command. Please run `sqlmesh diff prod` after the migration has completed, "
    "before making any new changes. If any unexpected changes are reported, consider running a "
    "forward-only plan to apply these changes and avoid unnecessary backfills: sqlmesh plan prod "
    "--forward-only. See "
    "https://sqlmesh.readthedocs.io/en/stable/concepts/plans/#forward-only-plans for more details."
    "\n";
constexpr std::string_view kDbtTypes =
    "SQLMesh previously misinterpreted dbt's schema.yml 'data_type' field as actual column types, "
    "but dbt only uses these for contracts/validation, not in actual DDL statements. This has been "
    "fixed to match dbt's actual behavior. Your existing tables may have been created with "
    "incorrect column types. After this migration, run 'sqlmesh diff prod' to check for column "
    "type differences, and if any are found, apply a plan to correct the table schemas. For more "
    "details, see: https://github.com/SQLMesh/sqlmesh/pull/5231.";

}  // namespace

const std::vector<RowStep>& RowSteps() {
  static const auto& steps = *new std::vector<RowStep>{
      {63, ChangeSignals, ""},
      {64, JoinWhenMatched, ""},
      {69, RenameTempVersion, ""},
      {71, AddDevVersion, ""},
      {73, DropDisableRestatement, ""},
      {75, DropValidateQuery, ""},
      {78, MixesMetadataMacros, kMayDiffer},
      {81, UnwrapPartitions, ""},
      {82, RepeatsStatement, kMayDiffer},
      {86, HoldsDictionary, kMayDiffer},
      {88, UsesVariables, kMayDiffer},
      {90, FillForwardOnly, ""},
      {92, IsDbtWithColumns, kDbtTypes},
      {94, FillFingerprint, ""},
      {95, IsDbt, kMayDiffer},
      {98, ReplaceDbtName, ""},
  };
  return steps;
}

}  // namespace stateserver::migrations
