// SPDX-License-Identifier: Apache-2.0
//
// Migration 78. SQLMesh parses the statements that affect only the metadata hash and searches for
// calls of macros; this code examines their tokens. If SQLMesh cannot parse a statement it does not
// warn, whereas this code may.
#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/python_env.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"
#include "server/sqlmesh/migrations/steps/sql_lists.h"

namespace stateserver::migrations {
namespace {

// Jinja is not searched for macros.
bool IsJinja(std::string_view sql) {
  return sql.find("{{") != std::string_view::npos || sql.find("{%") != std::string_view::npos ||
         sql.find("JINJA_") != std::string_view::npos;
}

// Returns true if `@name(` occurs for an entry of `env` that is not metadata.
bool CallsMacro(Draft& env, std::string_view sql) {
  if (sql.find('@') == std::string_view::npos || IsJinja(sql)) return false;
  std::vector<SqlToken> tokens = ScanSql(sql);
  for (size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (!tokens[i].IsSymbol("@") || tokens[i + 1].kind != SqlToken::Kind::kWord) continue;
    if (!tokens[i + 2].IsSymbol("(")) continue;
    Draft* macro = env.Find(Lower(tokens[i + 1].value));
    if (macro != nullptr && macro->IsObject() && macro->FindTruthy("is_metadata") == nullptr) {
      return true;
    }
  }
  return false;
}

bool AnyTextCalls(Draft& env, Draft* values) {
  if (values == nullptr) return false;
  for (Draft& item : values->items()) {
    if (item.IsString() && CallsMacro(env, item.Text())) return true;
  }
  for (Draft::Member& member : values->members()) {
    if (member.value.IsString() && CallsMacro(env, member.value.Text())) return true;
  }
  return false;
}

// Audits and signals have the form [name, {argument: sql}], or are the arguments alone.
bool AnyArgumentCalls(Draft& env, Draft* calls) {
  if (calls == nullptr) return false;
  for (Draft& call : calls->items()) {
    Draft* arguments = call.items().size() == 2 ? &call.items()[1] : &call;
    if (arguments->IsObject() && AnyTextCalls(env, arguments)) return true;
  }
  return false;
}

bool AnyAuditCalls(Draft& env, Draft* definitions) {
  if (definitions == nullptr) return false;
  for (Draft::Member& audit : definitions->members()) {
    Draft* query = audit.value.Find("query");
    if (query != nullptr && query->IsString() && CallsMacro(env, query->Text())) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<bool> MixesMetadataMacros(SnapshotRow& row) {
  Draft& node = row.node();
  Draft* source = node.Find("source_type");
  if (source != nullptr && source->Text() == "audit") return false;
  ASSIGN_OR_RETURN(Draft * env, row.Object(node, "python_env", "node.python_env"));
  if (env == nullptr) return false;
  size_t metadata = 0;
  for (Draft::Member& entry : env->members()) {
    if (!entry.value.IsObject()) return row.Corrupt(EnvPath(entry.key), "is not a JSON object");
    if (entry.value.FindTruthy("is_metadata") != nullptr) ++metadata;
  }
  if (metadata > 0) return metadata < env->members().size();
  return AnyTextCalls(*env, node.FindTruthy("on_virtual_update")) ||
         AnyArgumentCalls(*env, node.FindTruthy("audits")) ||
         AnyArgumentCalls(*env, node.FindTruthy("signals")) ||
         AnyAuditCalls(*env, node.FindTruthy("audit_definitions"));
}

}  // namespace stateserver::migrations
