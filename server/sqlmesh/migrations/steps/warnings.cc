// SPDX-License-Identifier: Apache-2.0
//
// 82, 88, 92 and 95: what SQLMesh looks for to say that a plan may show changes.
#include <algorithm>

#include "common/error.h"
#include "server/sqlmesh/migrations/steps/python_env.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"

namespace stateserver::migrations {
namespace {

// Equal values, however their strings are escaped.
bool Same(Draft& a, Draft& b) {
  if (a.IsString() && b.IsString()) return a.Text() == b.Text();
  return a.raw() == b.raw();
}

absl::StatusOr<bool> IsOfDbt(SnapshotRow& row) {
  ASSIGN_OR_RETURN(Draft * macros, row.Object(row.node(), "jinja_macros", "node.jinja_macros"));
  Draft* module = macros == nullptr ? nullptr : macros->Find("create_builtins_module");
  return module != nullptr && module->Text() == "sqlmesh.dbt";
}

bool HasText(Draft& node, std::string_view key, std::string_view text) {
  Draft* value = node.Find(key);
  return value != nullptr && value->IsString() && value->Text() == text;
}

}  // namespace

absl::StatusOr<bool> RepeatsStatement(SnapshotRow& row) {
  Draft& node = row.node();
  if (!HasText(node, "source_type", "sql")) return false;
  ASSIGN_OR_RETURN(Draft * before, row.Array(node, "pre_statements", "node.pre_statements"));
  ASSIGN_OR_RETURN(Draft * after, row.Array(node, "post_statements", "node.post_statements"));
  Draft* query = node.Find("query");
  if (query == nullptr) return row.Corrupt("node.query", "is missing");
  std::vector<Draft*> statements;
  if (before != nullptr) {
    for (Draft& statement : before->items()) statements.push_back(&statement);
  }
  statements.push_back(query);
  if (after != nullptr) {
    for (Draft& statement : after->items()) statements.push_back(&statement);
  }
  return std::adjacent_find(statements.begin(), statements.end(),
                            [](Draft* a, Draft* b) { return Same(*a, *b); }) != statements.end();
}

absl::StatusOr<bool> UsesVariables(SnapshotRow& row) {
  Draft& node = row.node();
  if (HasText(node, "source_type", "audit")) return false;
  ASSIGN_OR_RETURN(Draft * env, row.Object(node, "python_env", "node.python_env"));
  if (env == nullptr) return false;
  if (env->Find(kBlueprintVariables) != nullptr) return true;
  if (env->Find(kVariables) == nullptr) return false;
  for (Draft::Member& entry : env->members()) {
    if (!entry.value.IsObject()) return row.Corrupt(EnvPath(entry.key), "is no JSON object");
    if (entry.value.FindTruthy("is_metadata") != nullptr) return true;
  }
  for (std::string_view key : {"on_virtual_update", "audits", "signals", "audit_definitions"}) {
    if (node.FindTruthy(key) != nullptr) return true;
  }
  return false;
}

absl::StatusOr<bool> IsDbtWithColumns(SnapshotRow& row) {
  ASSIGN_OR_RETURN(bool of_dbt, IsOfDbt(row));
  return of_dbt && row.node().FindTruthy("columns") != nullptr;
}

absl::StatusOr<bool> IsDbt(SnapshotRow& row) { return IsOfDbt(row); }

}  // namespace stateserver::migrations
