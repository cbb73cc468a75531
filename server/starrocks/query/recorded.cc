// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/recorded.h"

#include "common/sha256.h"
#include "common/text.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/parser.h"
#include "server/starrocks/query/print.h"
#include "server/starrocks/query/rewrite.h"

namespace stateserver::schema::query {

namespace {

// Adds the names of the relation's columns, which decide what a `*` stands for.
void AddColumns(const ObjectName& name, ColumnSource* source, std::string* text) {
  AppendTo(text, "\n", name.Text(), ":");
  OutputColumns columns = source == nullptr ? nullptr : source->ColumnsOf(name);
  if (columns == nullptr) {
    text->append(" ?");
    return;
  }
  for (const OutputColumn& column : *columns) AppendTo(text, " ", Lower(column.name), ",");
}

}  // namespace

std::string DeclaredDigest(std::string_view query, const std::string& database,
                           ColumnSource* source) {
  std::string text;
  ParsedQuery parsed = ParseQuery(query);
  if (parsed.error) {
    text = query;
    for (const ObjectName& name : ReferencesOf(query, database).relations) {
      AddColumns(name, source, &text);
    }
    return Sha256::Hex(text);
  }
  Rewrite(&parsed.query);
  Analysis analysis = Analyze(parsed.query.get(), database, source);
  text = PrintTree(*parsed.query);
  // A `*` that could not be resolved.
  for (const auto& [name, columns] : analysis.columns) {
    if (columns.contains("*")) AddColumns(name, source, &text);
  }
  return Sha256::Hex(text);
}

std::string LiveDigest(std::string_view query) { return Sha256::Hex(query); }

bool IsRecorded(const RecordedQueries& recorded, std::string_view live, std::string_view declared,
                const std::string& database, ColumnSource* source) {
  const std::string shown = LiveDigest(live);
  auto first = recorded.lower_bound({shown, ""});
  if (first == recorded.end() || first->live != shown) return false;
  return recorded.contains({shown, DeclaredDigest(declared, database, source)});
}

}  // namespace stateserver::schema::query
