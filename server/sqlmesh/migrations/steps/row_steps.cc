// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/row_steps.h"

#include "common/error.h"
#include "common/json/restyler.h"
#include "common/text.h"

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

// Formats the text as Python's json.dumps does.
std::string Dumped(std::string_view json) {
  std::string out;
  json::Restyler restyler({json::Layout::kSpaced, json::Charset::kAscii});
  restyler.Feed(json, &out);
  restyler.Finish(&out);
  return out;
}

// The value 3 of change_category.
constexpr std::string_view kForwardOnlyCategory = "3";

}  // namespace

absl::StatusOr<bool> JoinWhenMatched(SnapshotRow& row) {
  ASSIGN_OR_RETURN(Draft * kind, row.Object(row.node(), "kind", "node.kind"));
  Draft* clauses = kind == nullptr ? nullptr : kind->Find("when_matched");
  if (clauses == nullptr || !clauses->IsArray()) return false;
  std::string joined;
  for (Draft& clause : clauses->items()) {
    if (!clause.IsString()) {
      return row.Corrupt("node.kind.when_matched", Cat("holds ", clause.raw(), ", not text"));
    }
    AppendTo(&joined, joined.empty() ? "" : " ", clause.Text());
  }
  clauses->Become(Quoted(joined));
  return true;
}

absl::StatusOr<bool> DropDisableRestatement(SnapshotRow& row) {
  if (row.kind_name != "EMBEDDED" && row.kind_name != "EXTERNAL") return false;
  ASSIGN_OR_RETURN(Draft * kind, row.Object(row.node(), "kind", "node.kind"));
  return kind != nullptr && kind->Remove("disable_restatement");
}

absl::StatusOr<bool> DropValidateQuery(SnapshotRow& row) {
  return row.node().Remove("validate_query");
}

absl::StatusOr<bool> FillForwardOnly(SnapshotRow& row) {
  Draft* forward_only = row.document().Find("forward_only");
  if (forward_only == nullptr || forward_only->IsNull()) {
    Draft* category = row.document().Find("change_category");
    row.forward_only = category != nullptr && category->raw() == kForwardOnlyCategory;
    return true;
  }
  if (forward_only->raw() != "true" && forward_only->raw() != "false") {
    return row.Corrupt("forward_only", "is neither true nor false");
  }
  row.forward_only = forward_only->raw() == "true";
  return true;
}

absl::StatusOr<bool> FillFingerprint(SnapshotRow& row) {
  Draft* dev_version = row.document().Find("dev_version");
  if (dev_version != nullptr && !dev_version->IsNull()) {
    if (!dev_version->IsString()) return row.Corrupt("dev_version", "is not text");
    row.dev_version = dev_version->Text();
  }
  ASSIGN_OR_RETURN(Draft * fingerprint, row.Object(row.document(), "fingerprint", "fingerprint"));
  if (fingerprint == nullptr) return row.Corrupt("fingerprint", "is missing");
  std::string now;
  fingerprint->Write(false, &now);
  row.fingerprint = Dumped(now);
  row.fills_fingerprint = true;
  return true;
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
