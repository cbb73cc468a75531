// SPDX-License-Identifier: Apache-2.0
//
// Descriptions of columns: given, or the comments of the query.
#include <algorithm>

#include "common/text.h"
#include "server/sqlmesh/fingerprint/json_dumps.h"
#include "server/sqlmesh/fingerprint/node_parts.h"
#include "server/sqlmesh/fingerprint/query_comments.h"
#include "server/sqlmesh/records/column_types.h"

namespace stateserver::fingerprint {
namespace {

using Descriptions = std::map<std::string, std::string>;

// SQLMesh drops those of columns that the model does not declare.
void ReadGiven(const NodeView& view, Descriptions* out) {
  std::vector<std::string> columns = ColumnNames(view);
  for (auto [name, value] : view.node.Object("column_descriptions")) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) view.node.Refuse("column_descriptions");
    std::string normal;
    if (!state::AppendColumnName(state::FindDialect(view.dialect), name, &normal)) {
      view.unsupported->Note(Cat("the column name ", name));
    }
    if (columns.empty() || std::find(columns.begin(), columns.end(), normal) != columns.end()) {
      (*out)[normal] = text;
    }
  }
}

// Macros may bring comments of their own.
bool MacrosHoldComments(const NodeView& view) {
  for (std::string_view field : {"python_env", "jinja_macros"}) {
    auto value = view.node.Find(field);
    if (!value) continue;
    std::string text;
    AppendSortedJson(*value, &text);
    if (text.find("--") != text.npos || text.find("/*") != text.npos) return true;
  }
  return false;
}

void ReadFromQuery(const NodeView& view, Descriptions* out) {
  std::string_view sql = view.node.Sql("query");
  const Dialect* dialect = FindExpressionDialect(view.dialect);
  bool macros = MayHoldMacros(sql);
  bool comments = MayHoldComments(sql, dialect);
  if (!comments && !(macros && MacrosHoldComments(view))) return;
  if (macros || dialect == nullptr || view.node.Boolean("optimize_query") == false) {
    view.unsupported->Note("the comments in its query");
    return;
  }
  ReadQueryComments(sql, *dialect, out, view.unsupported);
}

}  // namespace

std::string ColumnDescriptionsJson(const NodeView& view) {
  Descriptions descriptions;
  if (view.node.Find("column_descriptions")) {
    ReadGiven(view, &descriptions);
  } else if (view.source_type == "sql") {
    ReadFromQuery(view, &descriptions);
  }
  std::string json = "{";
  for (const auto& [name, text] : descriptions) {
    if (json.size() > 1) json.append(", ");
    AppendAsciiString(name, &json);
    json.append(": ");
    AppendAsciiString(text, &json);
  }
  return json + "}";
}

}  // namespace stateserver::fingerprint
