// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/analysis.h"

#include "server/starrocks/query/analyzer.h"
#include "server/starrocks/query/parser.h"
#include "server/starrocks/query/rewrite.h"

namespace stateserver::schema::query {

Analysis Analyze(Node* query, const std::string& database, ColumnSource* source) {
  return Analyzer(database, source).Run(query);
}

OutputColumns OutputTypes(std::string_view query, const std::string& database,
                          ColumnSource* source) {
  std::optional<Analysis> analysis = AnalyzeText(query, database, source);
  return analysis ? analysis->output : nullptr;
}

std::optional<Analysis> AnalyzeText(std::string_view query, const std::string& database,
                                    ColumnSource* source) {
  ParsedQuery parsed = ParseQuery(query);
  if (parsed.error) return std::nullopt;
  Rewrite(&parsed.query);
  return Analyze(parsed.query.get(), database, source);
}

}  // namespace stateserver::schema::query
