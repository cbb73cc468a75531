// SPDX-License-Identifier: Apache-2.0
//
// Migrations 64 and 73: attributes of the model's kind.
#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"

namespace stateserver::migrations {

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

}  // namespace stateserver::migrations
